// Likes without leaving the page. Without JavaScript the same form posts and comes back.
"use strict";

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
    } catch {
      form.submit();
    } finally {
      button.disabled = false;
    }
  });
}
