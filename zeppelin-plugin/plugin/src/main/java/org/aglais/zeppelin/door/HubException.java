package org.aglais.zeppelin.door;

/** The Hub did not do what it was asked; the message is a sentence for the user. */
public class HubException extends Exception {
  public HubException(String message) {
    super(message);
  }

  public HubException(String message, Throwable cause) {
    super(message, cause);
  }
}
