package org.aglais.zeppelin.door;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Properties;
import org.junit.jupiter.api.Test;

class DoorSettingsTest {
  @Test
  void readsAllOfIt() {
    DoorSettings settings = Fixtures.settings(1);
    assertEquals("alice", settings.owner);
    assertEquals(2, settings.accessScopes.size());
    assertEquals(600, settings.longest.toSeconds());
  }

  @Test
  void namesWhatIsMissing() {
    Properties properties = Fixtures.properties(1);
    properties.remove("owner");
    String message = assertThrows(IllegalArgumentException.class, () -> new DoorSettings(properties)).getMessage();
    assertTrue(message.contains("[owner]"), message);
  }

  @Test
  void namesWhatIsMisspelt() {
    Properties properties = Fixtures.properties(1);
    properties.setProperty("session_idle", "1");
    String message = assertThrows(IllegalArgumentException.class, () -> new DoorSettings(properties)).getMessage();
    assertTrue(message.contains("[session_idle]"), message);
  }
}
