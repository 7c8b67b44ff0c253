package org.aglais.zeppelin.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NoteTreeTest {
  @TempDir Path root;
  private NoteTree tree;

  @BeforeEach
  void shipNotes() throws IOException {
    ship("examples/tiny/Stars_2A.zpln");
    ship("tests/Check_2T.zpln");
    tree = new NoteTree(root, false, new NoteLimits(3, 100));
  }

  private void ship(String name) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "{}");
  }

  @Test
  void unitesItsAreas() throws IOException {
    tree.write("2B", "/user/deep/mine_too", "{}");
    assertEquals(Map.of("2A", "/examples/tiny/Stars", "2B", "/user/deep/mine_too"), tree.list());
    assertTrue(new NoteTree(root, true, new NoteLimits(1, 1)).list().containsKey("2T"));
  }

  @Test
  void shippedNotesStay() throws IOException {
    tree.write("2A", "/examples/tiny/Stars", "{\"changed\": true}");
    assertEquals("{}", tree.read("2A", "/examples/tiny/Stars"));
    assertThrows(IOException.class, () -> tree.write("2X", "/examples/new", "{}"));
    assertThrows(IOException.class, () -> tree.moveNote("2A", "/examples/tiny/Stars", "/user/Stars"));
    assertThrows(IOException.class, () -> tree.removeNote("2A", "/examples/tiny/Stars"));
    assertThrows(IOException.class, () -> tree.removeFolder("/examples"));
    assertThrows(IOException.class, () -> tree.removeFolder("/user"));
  }

  @Test
  void pathsDoNotLeadOut() throws IOException {
    for (String path : new String[] {"/user/../../x", "../x", "/etc/passwd", "/user/", "/user/.trash/x"}) {
      assertThrows(IOException.class, () -> tree.write("2B", path, "{}"), path);
    }
    assertThrows(IllegalArgumentException.class, () -> tree.write("../2B", "/user/x", "{}"));
    assertFalse(Files.exists(root.resolve("user")));
  }

  @Test
  void linksAreNotFollowed(@TempDir Path outside) throws IOException {
    Files.createDirectories(root.resolve("user"));
    Files.createSymbolicLink(root.resolve("user/link"), outside);
    assertThrows(IOException.class, () -> tree.write("2B", "/user/link/x", "{}"));
    Files.writeString(outside.resolve("secret_2C.zpln"), "{}");
    assertFalse(tree.list().containsKey("2C"));
  }

  @Test
  void limitsNumberAndSize() throws IOException {
    String tooBig = assertThrows(IOException.class, () -> tree.write("2B", "/user/x", "x".repeat(101))).getMessage();
    assertTrue(tooBig.contains("was not saved"), tooBig);
    for (String id : new String[] {"2B", "2C", "2D"}) {
      tree.write(id, "/user/n" + id, "{}");
    }
    String tooMany = assertThrows(IOException.class, () -> tree.write("2E", "/user/x", "{}")).getMessage();
    assertTrue(tooMany.contains("You have 3 notes"), tooMany);
    tree.write("2B", "/user/n2B", "{\"a\": 1}");
  }

  @Test
  void trashCountsAndComesBack() throws IOException {
    tree.write("2B", "/user/a/x", "{}");
    tree.moveNote("2B", "/user/a/x", "/~Trash/user/a/x");
    assertEquals("/~Trash/user/a/x", tree.list().get("2B"));
    assertFalse(Files.exists(root.resolve("user/a")));
    tree.moveFolder("/~Trash/user/a", "/user/b");
    assertEquals("/user/b/x", tree.list().get("2B"));
    tree.moveFolder("/user/b", "/~Trash/b");
    tree.removeFolder("/~Trash");
    assertFalse(tree.list().containsKey("2B"));
  }
}
