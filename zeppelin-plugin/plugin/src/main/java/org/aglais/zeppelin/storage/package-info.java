/** The notes of a session: shipped ones, which nobody changes, and the account's own, within limits. */
package org.aglais.zeppelin.storage;
