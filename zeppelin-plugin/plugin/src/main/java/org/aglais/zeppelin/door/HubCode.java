package org.aglais.zeppelin.door;

import org.apache.shiro.authc.AuthenticationToken;

/** A code of the Hub, with the verifier that proves it was asked for from here. */
final class HubCode implements AuthenticationToken {
  private static final long serialVersionUID = 1L;

  private final String code;
  private final String verifier;

  HubCode(String code, String verifier) {
    this.code = code;
    this.verifier = verifier;
  }

  @Override
  public String getPrincipal() {
    return code;
  }

  @Override
  public String getCredentials() {
    return verifier;
  }
}
