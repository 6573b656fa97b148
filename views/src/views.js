// Puts an interactive view in place of each plain picture: <figure class="s2s-view" data-view="...">, by its kind. Where
// one cannot be shown, the picture stays, and the others go on.

import { attentionView } from "./attention.js";
import { beamView } from "./beam.js";
import { copyingView } from "./copying.js";
import { liveBeamView } from "./live_beam.js";
import { liveView } from "./live.js";
import { pastsView } from "./pasts.js";
import { removedView } from "./removed.js";
import { samplingView } from "./sampling.js";
import "./views.css";

const makers = {
  attention: attentionView,
  beam: beamView,
  copying: copyingView,
  live: liveView,
  "live-beam": liveBeamView,
  pasts: pastsView,
  removed: removedView,
  sampling: samplingView,
};

for (const figure of document.querySelectorAll("figure.s2s-view")) {
  const given = [...figure.children]; // the picture and the data
  try {
    const data = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
    makers[figure.dataset.view](figure, data);
    figure.querySelector("img").hidden = true;
  } catch (error) {
    console.error(error);
    const fault = document.createElement("p");
    fault.className = "s2s-fault";
    fault.textContent = "This view cannot be shown; its picture stands in its place.";
    figure.replaceChildren(...given, fault);
  }
}
