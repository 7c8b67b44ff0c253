package org.aglais.zeppelin.notes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NotePathTest {
  @ParameterizedTest
  @CsvSource({
    "mine, /user/mine",
    "/mine, /user/mine",
    "/user/mine, /user/mine",
    "user, /user/user",
    "'', /user/Untitled Note",
    "/examples/tiny/x, /examples/tiny/x",
    "a//b, /user/a/b",
    "/~Trash/user/x, /~Trash/user/x",
  })
  void typed(String typed, String path) throws RefusedException {
    assertEquals(path, NotePath.typed(typed).toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"../x", "/user/../x", "..", "a/..", ".hidden", "a\\b", "a\u0000b", "a\nb", "1/2/3/4/5/6/7/8/9/10/11/12/13"})
  void refused(String typed) {
    assertThrows(RefusedException.class, () -> NotePath.typed(typed));
  }

  @Test
  void storedPathsBeginWithAnArea() {
    assertThrows(RefusedException.class, () -> NotePath.parse("/elsewhere/x"));
    assertThrows(RefusedException.class, () -> NotePath.parse("/"));
  }

  @Test
  void aCopyOfWhatIsShippedIsTheUsers() throws RefusedException {
    assertEquals("/user/x", NotePath.typed("/examples/tiny/x").inUserFolder().toString());
    assertEquals("/user/a/x", NotePath.typed("/user/a/x").inUserFolder().toString());
  }
}
