package org.aglais.zeppelin.notes;

/** A note may not be made, moved or saved this way; the message is a sentence for the user. */
public class RefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  /** HTTP status of the refusal. */
  public final int status;

  public RefusedException(int status, String message) {
    super(message);
    this.status = status;
  }

  public RefusedException(String message) {
    this(403, message);
  }
}
