package org.aglais.zeppelin.door;

import java.io.IOException;
import org.apache.zeppelin.notebook.Note;
import org.apache.zeppelin.notebook.NoteEventListener;
import org.apache.zeppelin.notebook.Notebook;
import org.apache.zeppelin.notebook.Paragraph;
import org.apache.zeppelin.scheduler.Job.Status;
import org.apache.zeppelin.server.ZeppelinServer;
import org.apache.zeppelin.socket.NotebookServer;
import org.apache.zeppelin.ticket.TicketContainer;
import org.apache.zeppelin.user.AuthenticationInfo;

/**
 * All that the door takes from inside the server and that differs between Zeppelin 0.10 and later ones.
 *
 * <p>0.12 has no static service locator, and its websocket is a JSR 356 endpoint without NotebookSocketListener.
 */
final class ZeppelinServerSeam {
  private ZeppelinServerSeam() {}

  static void removeTicket(String user) {
    TicketContainer.instance.removeTicket(user);
  }

  static NotebookServer notebookServer() {
    return ZeppelinServer.sharedServiceLocator.getService(NotebookServer.class);
  }

  static void watchParagraphs(SessionClock clock) {
    ZeppelinServer.sharedServiceLocator.getService(Notebook.class).addNotebookEventListener(new Watcher(clock));
  }

  private static final class Watcher implements NoteEventListener {
    private final SessionClock clock;

    Watcher(SessionClock clock) {
      this.clock = clock;
    }

    @Override
    public void onParagraphStatusChange(Paragraph paragraph, Status status) {
      if (status == Status.RUNNING || status == Status.PENDING) {
        clock.paragraphRuns(paragraph.getId());
      } else {
        clock.paragraphStopped(paragraph.getId());
      }
    }

    @Override
    public void onParagraphRemove(Paragraph paragraph) throws IOException {
      clock.paragraphStopped(paragraph.getId());
    }

    @Override
    public void onNoteRemove(Note note, AuthenticationInfo subject) {
      note.getParagraphs().forEach(paragraph -> clock.paragraphStopped(paragraph.getId()));
    }

    @Override
    public void onNoteCreate(Note note, AuthenticationInfo subject) {
      clock.touch();
    }

    @Override
    public void onNoteUpdate(Note note, AuthenticationInfo subject) {
      clock.touch();
    }

    @Override
    public void onParagraphCreate(Paragraph paragraph) {
      clock.touch();
    }

    @Override
    public void onParagraphUpdate(Paragraph paragraph) {
      clock.touch();
    }
  }
}
