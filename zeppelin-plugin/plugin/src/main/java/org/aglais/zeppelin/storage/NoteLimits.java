package org.aglais.zeppelin.storage;

/** How many notes an account may have, and how large one may be. */
public final class NoteLimits {
  final int notes;
  final long bytes;

  public NoteLimits(int notes, long bytes) {
    this.notes = notes;
    this.bytes = bytes;
  }
}
