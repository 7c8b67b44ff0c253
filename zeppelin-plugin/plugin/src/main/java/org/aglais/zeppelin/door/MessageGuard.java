package org.aglais.zeppelin.door;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.util.Set;
import org.aglais.zeppelin.notes.NoteRules;
import org.aglais.zeppelin.notes.RefusedException;
import org.apache.zeppelin.socket.NotebookSocket;
import org.apache.zeppelin.socket.NotebookSocketListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads each message of a browser before Zeppelin does.
 *
 * <p>Zeppelin's websocket heeds none of Shiro's rules, and it changes its list of notes before it asks the storage: what
 * storage would refuse has to be refused here.
 */
final class MessageGuard implements NotebookSocketListener {
  private static final Logger LOG = LoggerFactory.getLogger(MessageGuard.class);
  private static final Set<String> FOR_ADMINS = Set.of("GET_INTERPRETER_SETTINGS", "LIST_CONFIGURATIONS", "WATCHER");

  private final NotebookSocketListener zeppelin;
  private final Door door;

  MessageGuard(NotebookSocketListener zeppelin, Door door) {
    this.zeppelin = zeppelin;
    this.door = door;
  }

  @Override
  public void onOpen(NotebookSocket socket) {
    zeppelin.onOpen(socket);
  }

  @Override
  public void onClose(NotebookSocket socket, int code, String reason) {
    zeppelin.onClose(socket, code, reason);
  }

  @Override
  public void onMessage(NotebookSocket socket, String message) {
    try {
      zeppelin.onMessage(socket, checked(message));
    } catch (RefusedException e) {
      tell(socket, e.getMessage());
    } catch (JsonParseException | IllegalStateException | ClassCastException e) {
      tell(socket, "This message cannot be read.");
    }
  }

  private String checked(String text) throws RefusedException {
    JsonObject message = JsonParser.parseString(text).getAsJsonObject();
    JsonElement op = message.get("op");
    String name = op == null || op.isJsonNull() ? "" : op.getAsString();
    if (door.clock().isOver()) {
      throw new RefusedException("This session has ended.");
    }
    if (!name.equals("PING")) {
      door.clock().touch();
    }
    if (FOR_ADMINS.contains(name) && !door.settings().admin) {
      throw new RefusedException("Only an administrator may see this.");
    }
    JsonElement data = message.get("data");
    boolean isChanged = data != null && data.isJsonObject() && isPlaced(name, data.getAsJsonObject());
    return isChanged ? message.toString() : text;
  }

  /** Checks what the message would make or move, and writes where it shall be into the message. */
  private boolean isPlaced(String op, JsonObject data) throws RefusedException {
    NoteRules rules = door.rules();
    switch (op) {
      case "NEW_NOTE":
        data.addProperty("name", rules.newNote(text(data, "name")));
        return true;
      case "CLONE_NOTE":
        data.addProperty("name", rules.copy(text(data, "name")));
        return true;
      case "IMPORT_NOTE":
        JsonObject note = data.getAsJsonObject("note");
        note.addProperty("name", rules.copy(text(note, "name")));
        return true;
      case "NOTE_RENAME":
        boolean isRelative = data.has("relative") && data.get("relative").getAsBoolean();
        data.addProperty("name", rules.rename(text(data, "name"), isRelative));
        return true;
      case "FOLDER_RENAME":
        rules.folder(text(data, "id"));
        data.addProperty("name", rules.newFolder(text(data, "name")));
        return true;
      case "MOVE_FOLDER_TO_TRASH":
      case "REMOVE_FOLDER":
      case "RESTORE_FOLDER":
        rules.folder(text(data, "id"));
        return false;
      default:
        return false;
    }
  }

  private static String text(JsonObject data, String name) {
    JsonElement value = data.get(name);
    return value == null || value.isJsonNull() ? "" : value.getAsString();
  }

  private static void tell(NotebookSocket socket, String sentence) {
    JsonObject data = new JsonObject();
    data.addProperty("info", sentence);
    JsonObject answer = new JsonObject();
    answer.addProperty("op", "ERROR_INFO");
    answer.add("data", data);
    try {
      socket.send(answer.toString());
    } catch (IOException e) {
      LOG.debug("The browser is gone", e);
    }
  }
}
