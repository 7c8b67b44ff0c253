package org.aglais.zeppelin.storage;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.zeppelin.conf.ZeppelinConfiguration;
import org.apache.zeppelin.notebook.Note;
import org.apache.zeppelin.notebook.NoteInfo;
import org.apache.zeppelin.notebook.repo.NotebookRepo;
import org.apache.zeppelin.notebook.repo.NotebookRepoSettingsInfo;
import org.apache.zeppelin.user.AuthenticationInfo;

/**
 * What Zeppelin knows as its storage ({@code zeppelin.notebook.storage}). The seam to Zeppelin's classes: 0.12 passes
 * init a NoteParser too, which then reads the JSON in place of Note.fromJson; all else is in {@link NoteTree}.
 */
public class HubNotebookRepo implements NotebookRepo {
  private NoteTree tree;

  /** Zeppelin makes it by reflection. */
  public HubNotebookRepo() {
    this(NoteTree.shared());
  }

  HubNotebookRepo(NoteTree tree) {
    this.tree = tree;
  }

  @Override
  public void init(ZeppelinConfiguration configuration) {
    // all that is to be known stands in system properties, which both versions of Zeppelin leave alone
  }

  @Override
  public Map<String, NoteInfo> list(AuthenticationInfo subject) throws IOException {
    Map<String, NoteInfo> notes = new HashMap<>();
    tree.list().forEach((id, path) -> notes.put(id, new NoteInfo(id, path)));
    return notes;
  }

  @Override
  public Note get(String id, String path, AuthenticationInfo subject) throws IOException {
    Note note = Note.fromJson(id, withId(id, tree.read(id, path)));
    note.setPath(path);
    return note;
  }

  /** The name of the file decides: a note that says another ID would be saved as a second one. */
  private static String withId(String id, String json) throws IOException {
    try {
      JsonObject note = JsonParser.parseString(json).getAsJsonObject();
      note.addProperty("id", id);
      return note.toString();
    } catch (JsonParseException | IllegalStateException e) {
      throw new IOException("The file of note " + id + " holds no note.", e);
    }
  }

  @Override
  public void save(Note note, AuthenticationInfo subject) throws IOException {
    tree.write(note.getId(), note.getPath(), note.toJson());
  }

  @Override
  public void move(String id, String path, String newPath, AuthenticationInfo subject) throws IOException {
    tree.moveNote(id, path, newPath);
  }

  @Override
  public void move(String folder, String newFolder, AuthenticationInfo subject) throws IOException {
    tree.moveFolder(folder, newFolder);
  }

  @Override
  public void remove(String id, String path, AuthenticationInfo subject) throws IOException {
    tree.removeNote(id, path);
  }

  @Override
  public void remove(String folder, AuthenticationInfo subject) throws IOException {
    tree.removeFolder(folder);
  }

  @Override
  public void close() {
    // holds nothing open
  }

  @Override
  public List<NotebookRepoSettingsInfo> getSettings(AuthenticationInfo subject) {
    return List.of();
  }

  @Override
  public void updateSettings(Map<String, String> settings, AuthenticationInfo subject) {
    throw new UnsupportedOperationException("Where notes are kept is not changed from here");
  }
}
