// <recsys-list list="related" article="ID" key="PUBLISHABLE KEY"></recsys-list>: a list on any page, in one script tag.
// It asks the server that this script came from, sends what was seen and clicked, and stores nothing without consent.
"use strict";

(() => {
  const script = document.currentScript;
  const api = new URL(script.src).origin;
  const STYLE = `
    :host { display: block; font: inherit; color: var(--recsys-color, inherit); }
    :host([hidden]) { display: none; }
    h2 { font: inherit; font-weight: bold; margin: 0 0 var(--recsys-gap, .6em); }
    ol { list-style: none; margin: 0; padding: 0; display: grid; gap: var(--recsys-gap, .6em); grid-template-columns: var(--recsys-columns, 1fr); }
    a { color: var(--recsys-link, inherit); text-decoration: none; display: flex; gap: .7em; align-items: start; }
    a:hover, a:focus-visible { text-decoration: underline; }
    img { width: var(--recsys-image, 5em); aspect-ratio: 4 / 3; object-fit: cover; border-radius: var(--recsys-radius, 3px); }
    small { display: block; opacity: .75; }`;
  const LABELS = { sponsored: "Sponsored", paid: "Subscribers" };
  const SEEN_AFTER = 1000; // milliseconds with half of an item in view
  let visitor = null;
  let waiting = [];
  const pages = new Map();

  const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

  // Call recsys.consent(true) once the reader agreed; false forgets the reader again.
  window.recsys = Object.freeze({
    consent(given) {
      try {
        if (!given) localStorage.removeItem("recsys-visitor");
        visitor = given ? localStorage.getItem("recsys-visitor") || random() : null;
        if (given) localStorage.setItem("recsys-visitor", visitor);
      } catch {
        visitor = given ? random() : null; // storage is switched off: this page only
      }
      document.querySelectorAll("recsys-list[list=recommendation]").forEach((list) => list.load());
    },
    // Tells that an article, or the page at an address, was opened.
    view: (article) => report(script.dataset.key, [article ? { type: "view", article_id: article } : { type: "view", url: location.href }]),
  });

  function report(key, events) {
    if (document.prerendering) {
      document.addEventListener("prerenderingchange", () => report(key, events), { once: true });
      return;
    }
    const at = new Date().toISOString();
    const full = events.map((event) => ({ id: random(), at, ...(visitor && { visitor_id: visitor }), ...event }));
    const to = `${api}/v1/events${key ? `?key=${encodeURIComponent(key)}` : ""}`;
    if (!navigator.sendBeacon?.(to, JSON.stringify(full))) {
      fetch(to, { method: "POST", body: JSON.stringify(full), keepalive: true, credentials: "omit" }).catch(() => {});
    }
  }

  const flush = () => {
    const byKey = new Map();
    for (const [key, event] of waiting) byKey.set(key, [...(byKey.get(key) || []), event]);
    waiting = [];
    byKey.forEach((events, key) => report(key, events));
  };
  addEventListener("pagehide", flush);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && flush());

  const seen = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        clearTimeout(target.timer);
        if (!isIntersecting) continue;
        target.timer = setTimeout(() => {
          seen.unobserve(target);
          waiting.push([target.key, { type: "impression", ...target.place }]);
          if (waiting.length === 1) setTimeout(flush, 2000);
        }, SEEN_AFTER);
      }
    },
    { threshold: 0.5 },
  );

  // Lists of one page come in one answer, so that nothing stands in two of them.
  function answer(list) {
    const { article } = list.wanted;
    const together = article && document.querySelectorAll(`recsys-list[article="${CSS.escape(article)}"]`).length > 1;
    if (!together) return get(list, list.path());
    const path = `articles/${encodeURIComponent(article)}/page?${list.query(["language", "fill"])}`;
    if (!pages.has(path)) {
      pages.set(path, get(list, path));
      setTimeout(() => pages.delete(path), 1000);
    }
    return pages.get(path).then((page) => page[list.wanted.list]);
  }

  const get = async (list, path) => {
    const { key } = list.wanted;
    const found = await fetch(`${api}/v1/${path}`, { credentials: "omit", headers: key ? { authorization: `Bearer ${key}` } : {} });
    if (!found.ok) throw new Error(`${found.status} for ${path}`);
    return found.json();
  };

  const safe = (url) => {
    try {
      const target = new URL(url, location.href);
      return ["http:", "https:"].includes(target.protocol) ? target.href : null;
    } catch {
      return null;
    }
  };

  class RecsysList extends HTMLElement {
    get wanted() {
      const value = (name) => this.getAttribute(name);
      return { list: value("list") || "related", article: value("article"), key: value("key") || script.dataset.key };
    }

    query(names) {
      const query = new URLSearchParams();
      for (const name of names) if (this.getAttribute(name)) query.set(name, this.getAttribute(name));
      if (visitor) query.set("visitor_id", visitor);
      return query;
    }

    path() {
      const { list, article } = this.wanted;
      const query = this.query(["limit", "section", "tag", "language", "label", "max_age", "fill", "window"]);
      if (list === "related") query.delete("visitor_id");
      if (list === "related") return `articles/${encodeURIComponent(article)}/related?${query}`;
      if (list === "ranking") return `ranking?${query}`;
      if (article) query.set("article_id", article);
      return `recommendations?${query}`;
    }

    connectedCallback() {
      if (this.shadowRoot) return;
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
      queueMicrotask(() => this.load());
    }

    async load() {
      try {
        this.show(await answer(this));
      } catch (error) {
        this.hidden = !this.shadowRoot.querySelector("li");
        this.dispatchEvent(new CustomEvent("recsys-error", { detail: error, bubbles: true }));
      }
    }

    show({ items, list, request_id, variant }) {
      const { key } = this.wanted;
      const rows = document.createElement("ol");
      rows.part = "list";
      items.slice(0, Number(this.getAttribute("limit")) || items.length).forEach((item, index) => {
        const target = safe(item.url);
        if (!target || !item.title.trim()) return;
        const row = document.createElement("li");
        const link = document.createElement("a");
        const text = document.createElement("span");
        row.part = item.fill ? "item fill" : "item";
        link.part = "link";
        link.href = target;
        text.dir = "auto";
        text.textContent = item.title;
        const marks = (item.labels || []).map((label) => LABELS[label]).filter(Boolean);
        if (marks.includes("Sponsored")) link.rel = "sponsored";
        if (marks.length) text.append(Object.assign(document.createElement("small"), { textContent: marks.join(", "), part: "label" }));
        if (this.hasAttribute("images") && item.image_url && safe(item.image_url)) {
          link.append(Object.assign(document.createElement("img"), { src: safe(item.image_url), alt: "", loading: "lazy" }));
        }
        link.append(text);
        row.append(link);
        row.key = key;
        row.place = { article_id: item.id, list, position: index + 1, request_id, ...(variant && { variant }) };
        link.addEventListener("click", () => report(key, [{ type: "click", ...row.place }]));
        seen.observe(row);
        rows.append(row);
      });
      const heading = document.createElement("h2");
      heading.part = "heading";
      heading.textContent = this.getAttribute("heading") || "";
      this.shadowRoot.replaceChildren(...(heading.textContent ? [heading] : []), rows);
      this.hidden = !rows.childElementCount;
    }
  }
  customElements.define("recsys-list", RecsysList);

  if (script.hasAttribute("data-consent")) window.recsys.consent(true);
  if (script.hasAttribute("data-view")) window.recsys.view(script.dataset.view);
})();
