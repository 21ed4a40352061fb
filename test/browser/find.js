// One look at the page: find what a step is about, by what a person sees, and do the part of the step that needs no
// input. The answer says "ok", or why not, and what was there instead. It must not wait: with JavaScript off nothing
// would wake it.
((scope, what, name, value) => {
  const fold = (text) => (text || "").replace(/\s+/g, " ").trim();
  const visible = (el) => el.checkVisibility({ visibilityProperty: true }) && el.getClientRects().length > 0;
  const short = (text) => { text = fold(text); return text.length > 60 ? text.slice(0, 57) + "..." : text; };
  const tag = (el) => {
    const classes = [...el.classList].map((c) => "." + c).join("");
    return `<${el.localName}${el.id ? "#" + el.id : ""}${classes}>`;
  };

  // labelText is a label's own words, without those of the field that it may hold.
  const labelText = (label) => {
    const copy = label.cloneNode(true);
    copy.querySelectorAll("input, select, textarea, button").forEach((el) => el.remove());
    return fold(copy.textContent);
  };
  const fieldNames = (el) => [
    ...[...(el.labels || [])].map(labelText),
    ...(el.getAttribute("aria-labelledby") || "").split(/\s+/).map((id) => id && fold(document.getElementById(id)?.textContent)),
    fold(el.getAttribute("aria-label")),
  ].filter(Boolean);
  const clickNames = (el) => [
    fold(el.getAttribute("aria-label")),
    fold(el.innerText),
    ...(el.matches("input[type=checkbox], input[type=radio]") ? fieldNames(el) : []),
    el.matches("input[type=submit], input[type=button], input[type=reset]") ? fold(el.value) : "",
    ...[...el.querySelectorAll("img[alt]")].map((img) => fold(img.alt)),
    fold(el.title),
  ].filter(Boolean);

  // best are the candidates whose name fits best: equal, equal but for case, beginning so, holding it.
  const best = (candidates, names, wanted) => {
    const low = fold(wanted).toLowerCase();
    const fits = [
      (n) => n === fold(wanted),
      (n) => n.toLowerCase() === low,
      (n) => n.toLowerCase().startsWith(low),
      (n) => n.toLowerCase().includes(low),
    ];
    for (const fit of fits) {
      const found = candidates.filter((el) => names(el).some(fit));
      if (found.length) return found;
    }
    return [];
  };
  // one is the only element that fits. Links to the same place are as good as one.
  const one = (candidates, names, wanted) => {
    const found = best(candidates, names, wanted);
    const list = (els) => [...new Set(els.map((el) => names(el)[0]).filter(Boolean).map(short))].slice(0, 40);
    if (!found.length) return { state: "none", have: list(candidates) };
    if (found.length > 1 && !found.every((el) => el.href && el.href === found[0].href)) {
      return { state: "several", have: found.slice(0, 10).map((el) => `${tag(el)} ${short(names(el)[0])}`) };
    }
    return { state: "ok", el: found[0] };
  };
  const all = (roots, css) => [...new Set(roots.flatMap((root) => [...root.querySelectorAll(css)]))];

  // part narrows the page to where a step looks.
  const rowKinds = "tr, li, article, section, fieldset, form, dialog, details, dl > div, [role=row], [role=listitem], [role=group]";
  const part = (roots, { css, row }) => {
    if (css) return roots.flatMap((root) => [...root.querySelectorAll(css)]).filter(visible).slice(0, 1);
    const holds = (el) => fold(el.innerText).toLowerCase().includes(fold(row).toLowerCase());
    const rows = all(roots, rowKinds).filter((el) => visible(el) && holds(el));
    const inner = rows.filter((el) => !rows.some((other) => other !== el && el.contains(other)));
    const exact = inner.filter((el) => [...el.querySelectorAll("*")].some((cell) => fold(cell.innerText) === fold(row)));
    return (exact.length ? exact : inner).slice(0, 1);
  };
  const roots = (scope || []).reduce(part, [document.documentElement]);
  if (!roots.length) return { state: "nowhere" };

  // point brings an element into view and says where to click it.
  const point = (el) => {
    const target = visible(el) ? el : [...(el.labels || [])].find(visible);
    if (el.disabled || el.getAttribute("aria-disabled") === "true") return { state: "disabled" };
    target.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    const box = [...target.getClientRects()].find((r) => r.width && r.height);
    if (!box) return { state: "covered", have: ["nothing: it has no size"] };
    const x = box.left + box.width / 2, y = box.top + box.height / 2;
    const hit = document.elementFromPoint(x, y);
    if (!hit || !(target.contains(hit) || hit.closest("label")?.control === el)) {
      return { state: "covered", have: [hit ? tag(hit) : "the edge of the window"] };
    }
    return { state: "ok", x, y };
  };
  const changed = (el) => ["input", "change"].forEach((type) => el.dispatchEvent(new Event(type, { bubbles: true })));

  const buttons = ["submit", "button", "reset", "image", "checkbox", "radio"].map((type) => `input[type=${type}]`);
  const roles = ["button", "link", "tab", "menuitem", "switch", "option"].map((role) => `[role=${role}]`);
  const clickable = ["a[href]", "button", "summary", ...buttons, ...roles].join();
  const reachable = (el) => visible(el) || [...(el.labels || [])].some(visible);
  const field = (css) => one(all(roots, css).filter(reachable), fieldNames, name);

  switch (what) {
    case "click": {
      const found = one(all(roots, clickable).filter(reachable), clickNames, name);
      return found.el ? point(found.el) : found;
    }
    case "css": {
      const el = all(roots, name).find(visible);
      return el ? point(el) : { state: "none", have: [] };
    }
    case "check": {
      const found = field("input[type=checkbox], input[type=radio]");
      if (!found.el) return found;
      return found.el.checked === value ? { state: "done" } : point(found.el);
    }
    case "fill": {
      const others = ["checkbox", "radio", "file", "submit", "button", "hidden"].map((type) => `[type=${type}]`);
      const found = field(`input:not(${others}), textarea`);
      const el = found.el;
      if (!el) return found;
      if (el.disabled || el.readOnly) return { state: "disabled" };
      el.scrollIntoView({ block: "center", behavior: "instant" });
      el.focus();
      if (["date", "time", "datetime-local", "month", "week", "color", "range"].includes(el.type)) {
        el.value = value;
        changed(el);
        return { state: "done" };
      }
      el.select();
      return document.activeElement === el ? { state: "ok" } : { state: "covered", have: ["something that takes the focus"] };
    }
    case "value": {
      const found = field("input, textarea, select");
      const el = found.el;
      if (!el) return found;
      if (el.matches("[type=checkbox], [type=radio]")) return { state: "ok", text: String(el.checked) };
      return { state: "ok", text: el.localName === "select" ? fold(el.selectedOptions[0]?.label) : el.value };
    }
    case "choose": {
      const found = field("select");
      const el = found.el;
      if (!el) return found;
      if (el.disabled) return { state: "disabled" };
      const option = one([...el.options].filter((o) => !o.disabled), (o) => [fold(o.label), o.value], value);
      if (!option.el) return { state: "no option", have: option.have };
      el.focus();
      option.el.selected = true;
      changed(el);
      return { state: "done" };
    }
    case "file":
      return field("input[type=file]");
    case "text": {
      const found = name ? all(roots, name).filter(visible) : roots;
      return found.length ? { state: "ok", texts: found.map((el) => el.innerText.trim()) } : { state: "none", have: [] };
    }
    case "page": {
      const body = document.body;
      return { state: "ok", text: roots[0] === document.documentElement ? (body ? body.innerText : "") : roots[0].innerText };
    }
    case "size": {
      const root = document.documentElement, body = document.body, edge = root.clientWidth + 1;
      const wide = (el) => visible(el) && (el.getBoundingClientRect().right > edge ||
        getComputedStyle(el).overflowX === "visible" && el.getBoundingClientRect().left + el.scrollWidth > edge);
      return {
        state: "ok", x: root.scrollWidth, y: Math.max(root.scrollHeight, body ? body.scrollHeight : 0),
        text: [...document.images].every((img) => img.complete || img.loading === "lazy") ? "" : "loading",
        have: [...document.querySelectorAll("body *")].filter((el) => wide(el) && ![...el.children].some(wide)).slice(0, 3).map(tag),
      };
    }
  }
  throw new Error("no such step: " + what);
})
