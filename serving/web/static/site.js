// Likes without leaving the page. Without JavaScript the same form posts and comes back.
"use strict";

// The lists as they are now, with marks on what moved. Said to be fetched ahead, so that it counts as no view.
async function renewLists() {
  const answer = await fetch(location.href, { headers: { purpose: "prefetch" } });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const list of document.querySelectorAll(".list")) {
    const other = fresh.getElementById(list.getAttribute("aria-labelledby"))?.closest(".list");
    if (answer.ok && other) list.replaceWith(other);
  }
}

for (const form of document.querySelectorAll("form.like")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        headers: { accept: "application/json" },
        body: new URLSearchParams(new FormData(form)),
      });
      if (!answer.ok) throw new Error(answer.statusText);
      const { likes, liked } = await answer.json();
      form.elements.value.value = liked ? "0" : "1";
      button.setAttribute("aria-pressed", String(liked));
      button.firstElementChild.textContent = liked ? "♥" : "♡";
      button.querySelector(".count").textContent = `(${likes})`;
      await renewLists().catch(() => {});
    } catch {
      form.submit();
    } finally {
      button.disabled = false;
    }
  });
}
