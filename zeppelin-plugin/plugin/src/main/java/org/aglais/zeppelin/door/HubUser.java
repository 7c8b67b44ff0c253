package org.aglais.zeppelin.door;

import java.util.Set;

/** Who the Hub says came in, and what the token of this visit may do. */
final class HubUser {
  final String name;
  final Set<String> scopes;

  HubUser(String name, Set<String> scopes) {
    this.name = name;
    this.scopes = scopes;
  }
}
