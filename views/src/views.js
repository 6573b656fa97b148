// Puts an interactive view in place of each plain picture: <figure class="s2s-view" data-view="...">, by its kind.

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
  const data = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
  figure.querySelector("img").hidden = true;
  makers[figure.dataset.view](figure, data);
}
