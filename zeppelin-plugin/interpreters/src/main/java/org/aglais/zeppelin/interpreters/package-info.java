/** Interpreters that each group of a session has beside its own. */
package org.aglais.zeppelin.interpreters;
