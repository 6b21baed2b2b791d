"use strict";
// After all else of the page: a reader who moves what can be moved, and moves it back. What was seen
// is left in the page.
addEventListener("load", () => {
  const figure = (kind) => document.querySelector(`.live[data-live="${kind}"]`);
  const shown = (element) => [...element.querySelectorAll("img, output, span, svg")]
    .map((part) => [part.localName, part.src ?? part.innerHTML]);
  const answer = (element, control, event, [change, back]) => {
    const move = (act) => {
      act(control);
      control.dispatchEvent(new Event(event));
      return shown(element);
    };
    const before = shown(element);
    const [after, again] = [move(change), move(back)];
    const changed = before.filter(([, what], place) => what !== after[place][1]);
    return {
      changed: changed.map(([name]) => name),
      returns: JSON.stringify(before) === JSON.stringify(again),
    };
  };
  const [slider, skips] = ["slider", "skips"].map(figure);
  const through = [(steps) => { steps.value = steps.max; }, (steps) => { steps.value = 0; }];
  const off = [(box) => { box.checked = false; }, (box) => { box.checked = true; }];
  const seen = {
    alive: [...document.querySelectorAll(".live")].map((element) => element.dataset.live),
    slider: answer(slider, slider.querySelector("input"), "input", through),
    skips: [...skips.querySelectorAll("input")].map((box) => answer(skips, box, "change", off)),
    asked: performance.getEntriesByType("resource").map((entry) => entry.name),
    wrong,
  };
  const textContent = JSON.stringify(seen);
  document.body.append(Object.assign(document.createElement("pre"), { id: "seen", textContent }));
});
