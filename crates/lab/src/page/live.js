"use strict";
// Figures that answer to the reader. Each is an element of the class "live" that holds its numbers as
// JSON; its data-live says which of these functions brings it to life.
const live = {};

// Pictures with a switch for the long skip of each level. The skips that are off, as the bits of a
// number, choose the answer; the deepest level is the lowest bit.
live.skips = (element, data) => {
  const make = (name, properties, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };
  const percent = (value) => `${(100 * value).toFixed(1)} %`;
  const boxes = data.levels.map(() => make("input", { type: "checkbox", checked: true }));
  const labels = data.levels.map((level, place) => make("label", {}, boxes[place], ` ${level}`));
  const overall = make("output", {});
  const legend = make("legend", {}, "Long skips, by the size of their maps");
  const switches = make("fieldset", {}, legend, ...labels, make("p", {}, overall));
  const rows = data.pictures.map(({ image, truth }) => {
    const answer = make("img", { alt: "answer" });
    const score = make("span", {});
    const shown = (source, text) =>
      make("div", {}, make("img", { src: source, alt: text }), make("span", {}, text));
    const cells = [shown(image, "image"), shown(truth, "truth"), make("div", {}, answer, score)];
    return { answer, score, row: make("div", { className: "pictures" }, ...cells) };
  });
  const show = () => {
    const off = boxes.reduce((bits, box, place) => (box.checked ? bits : bits | (1 << place)), 0);
    const { iou, boundary_f1: borders } = data.scores[off];
    overall.textContent =
      `All test images: mean IoU ${percent(iou)}, boundary F1 ${percent(borders)}`;
    rows.forEach(({ answer, score }, place) => {
      const { mask, iou } = data.pictures[place].answers[off];
      answer.src = mask;
      score.textContent = `answer, IoU ${percent(iou)}`;
    });
  };
  boxes.forEach((box) => box.addEventListener("change", show));
  show();
  element.replaceChildren(switches, ...rows.map(({ row }) => row));
};

// Lines by depth, and a slider that moves them through training. Powers of ten are drawn.
live.slider = (element, data) => {
  const choices = data.groups.map(
    (group, place) => `<option value="${place}">${group.name}</option>`);
  element.insertAdjacentHTML("afterbegin", `
    <label>Networks <select>${choices.join("")}</select></label>
    <output></output>
    <input type="range" min="0" value="0" aria-label="steps of training">
    <svg role="img" style="display:block"></svg>`);
  const [choice, steps, said, svg] =
    ["select", "input", "output", "svg"].map((name) => element.querySelector(name));

  const text = (x, y, words, more = "") =>
    `<text x="${x}" y="${y}" fill="var(--ink)" font-size="13" ${more}>${words}</text>`;
  const rule = (x, y, width, look) => `<path d="M${x} ${y}h${width}" ${look}/>`;

  const draw = () => {
    const { name, x: across, steps: all, lines } = data.groups[choice.value];
    if (all.length === 0) return;
    steps.max = all.length - 1;
    const step = Math.min(steps.value, steps.max);
    said.textContent = `after ${all[step]} of ${all[all.length - 1]} steps`;
    steps.setAttribute("aria-valuetext", said.textContent);
    svg.setAttribute("aria-label", `${data.y} by ${across}: ${name}, ${said.textContent}`);

    // One scale for all steps, so that only the gradient moves.
    const powers = lines.flatMap((line) => line.powers.flat());
    const low = Math.floor(Math.min(...powers));
    const high = Math.max(Math.ceil(Math.max(...powers)), low + 1);
    const parts = Math.max(...lines.map((line) => line.powers.length));
    const width = Math.min(Math.max(element.clientWidth, 260), 700);
    const legend = 20 * lines.length;
    const [left, top, right, bottom] = [66, 10, width - 12, 300];
    const at = (part) => left + ((right - left) * part) / Math.max(parts - 1, 1);
    const height = (power) => bottom - ((bottom - top) * (power - low)) / (high - low);
    svg.setAttribute("viewBox", `0 0 ${width} ${bottom + 50 + legend}`);
    svg.setAttribute("width", width);

    const marks = [];
    const every = Math.ceil((high - low) / 6);
    for (let power = low; power <= high; power += every) {
      const y = height(power);
      marks.push(rule(left, y, right - left, 'stroke="var(--grid)"'));
      const raised = `10<tspan dy="-5" font-size="10">${power}</tspan>`;
      marks.push(text(left - 6, y + 4, raised, 'text-anchor="end"'));
    }
    const gap = Math.ceil(parts / Math.floor((right - left) / 30));
    for (let part = 0; part < parts; part += gap) {
      marks.push(text(at(part), bottom + 18, part + 1, 'text-anchor="middle"'));
    }
    const middle = (top + bottom) / 2;
    marks.push(text((left + right) / 2, bottom + 38, across, 'text-anchor="middle"'));
    marks.push(
      text(14, middle, data.y, `text-anchor="middle" transform="rotate(-90 14 ${middle})"`));
    lines.forEach((line, number) => {
      const points = line.powers.map((powers, part) => [at(part), height(powers[step])]);
      const colour = `var(--c${number})`;
      const dots = points.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3" fill="${colour}"/>`);
      const path = points.map((point) => point.join(" ")).join("L");
      const y = bottom + 58 + 20 * number;
      marks.push(`<path d="M${path}" fill="none" stroke="${colour}" stroke-width="2"/>`, ...dots);
      marks.push(rule(left, y, 24, `stroke="${colour}" stroke-width="2"`));
      marks.push(text(left + 32, y + 4, line.name));
    });
    svg.innerHTML = marks.join("");
  };
  choice.addEventListener("change", draw);
  steps.addEventListener("input", draw);
  window.addEventListener("resize", draw);
  draw();
};

for (const element of document.querySelectorAll(".live")) {
  const data = JSON.parse(element.querySelector("script[type='application/json']").textContent);
  live[element.dataset.live](element, data);
}
