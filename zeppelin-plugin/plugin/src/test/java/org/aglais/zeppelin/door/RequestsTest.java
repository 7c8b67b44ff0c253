package org.aglais.zeppelin.door;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestsTest {
  @ParameterizedTest
  @ValueSource(strings = {"/", "/api/notebook/2ABC", "/assets/a-1.js", "/api/notebook/a%20b", "/x..y"})
  void plain(String path) {
    assertTrue(Requests.isPlain(path));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "x", "//", "/a/../b", "/a/./b", "/a;b", "/a%2fb", "/a%2Fb", "/%2e%2e/b", "/a\\b", "/a%5cb", "/a%252fb",
        "/a%00", "/a b", "/é", "/.."
      })
  void tricky(String path) {
    assertFalse(Requests.isPlain(path));
  }
}
