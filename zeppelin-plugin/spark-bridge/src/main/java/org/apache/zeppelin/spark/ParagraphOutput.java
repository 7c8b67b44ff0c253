package org.apache.zeppelin.spark;

import java.io.IOException;
import java.io.OutputStream;

/** A stream whose far end is the paragraph that runs now; without one, what is written is dropped. */
final class ParagraphOutput extends OutputStream {
  private volatile OutputStream target;

  void sendTo(OutputStream paragraph) {
    target = paragraph;
  }

  @Override
  public void write(int b) throws IOException {
    OutputStream stream = target;
    if (stream != null) {
      stream.write(b);
    }
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    OutputStream stream = target;
    if (stream != null) {
      stream.write(bytes, offset, length);
    }
  }

  @Override
  public void flush() throws IOException {
    OutputStream stream = target;
    if (stream != null) {
      stream.flush();
    }
  }
}
