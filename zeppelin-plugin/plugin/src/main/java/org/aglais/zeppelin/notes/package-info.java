/** Where notes may be: the rules that the door and the storage share. */
package org.aglais.zeppelin.notes;
