package org.aglais.zeppelin.door;

import org.apache.shiro.authc.AuthenticationException;

/** Somebody with a good code of the Hub came to the server of somebody else. */
final class StrangerException extends AuthenticationException {
  private static final long serialVersionUID = 1L;

  StrangerException(String owner, String visitor) {
    super("This is the session of " + owner + ". You are " + visitor + ": only its owner may open it.");
  }
}
