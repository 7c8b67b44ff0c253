/**
 * The door of a Zeppelin server: who may come in, and when the session is over.
 *
 * <p>The server is an OAuth client of the Hub. A visitor without a session is sent there and comes back with a code of
 * single use, which the server changes for the visitor's name; only the owner of the server gets a session.
 */
package org.aglais.zeppelin.door;
