/** What went wrong or was refused, said politely and in sight until it is dismissed. */
import type { Alert } from "../state";
import type { Workbench } from "../workbench";
import { Icon } from "./Icon";

const TITLES: Record<Alert["kind"], string> = {
  refused: "Not allowed",
  error: "Zeppelin says",
  notice: "Notice",
};

export function Alerts({ alerts, bench }: { alerts: readonly Alert[]; bench: Workbench }) {
  return (
    <div class="alerts" role="status" aria-live="polite">
      {alerts.map((alert) => (
        <div key={alert.id} class={`alert ${alert.kind}`}>
          <div class="alert-words">
            <strong>{TITLES[alert.kind]}</strong>
            <span>{alert.text}</span>
          </div>
          <button
            type="button"
            class="button quiet"
            aria-label={`Dismiss: ${alert.text}`}
            onClick={() => bench.dispatch({ type: "dismissed", id: alert.id })}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
