// What the page of a served model draws its attention map with: s2sAttention(figure, { source, output, weights }).

import { attentionView } from "./attention.js";
import "./views.css";

window.s2sAttention = attentionView;
