/* Fetches the same page again and puts what is new in the place of what was there: whoever reads
 * keeps his place. Without it, links and the form do the same by loading the page. */
"use strict";
(() => {
	const form = document.getElementById("ask");
	const news = document.getElementById("news");
	let timer = 0;
	let running = null;

	/* what is open, and how far tables are scrolled */
	function keep(old, fresh) {
		for (const it of old.querySelectorAll("details[open]")) {
			const same = fresh.querySelector("#" + it.id);
			if (same)
				same.open = true;
		}
		return [...old.querySelectorAll(".wide")].map((it) => [it.id, it.scrollLeft]);
	}

	function swap(page) {
		for (const old of document.querySelectorAll("[data-live]")) {
			const fresh = page.getElementById(old.id);
			if (!fresh)
				throw new Error("the answer is no status page");
			const focus = old.contains(document.activeElement) &&
				document.activeElement.getAttribute("href");
			const scrolls = keep(old, fresh);
			old.replaceWith(document.adoptNode(fresh));
			for (const [id, left] of scrolls) {
				const same = document.getElementById(id);
				if (same)
					same.scrollLeft = left;
			}
			if (focus)
				[...fresh.querySelectorAll("a")].find((a) =>
					a.getAttribute("href") === focus)?.focus();
		}
	}

	async function load(url) {
		running?.abort();
		const mine = running = new AbortController();
		clearTimeout(timer);
		try {
			const answer = await fetch(url, {cache: "no-store", signal: mine.signal});
			const text = await answer.text();
			swap(new DOMParser().parseFromString(text, "text/html"));
			history.replaceState(null, "", url);
			form.elements.sort.value = new URL(location).searchParams.get("sort") ?? "";
			document.body.classList.remove("stale");
			news.textContent = "";
		} catch (error) {
			if (mine.signal.aborted)
				return;
			document.body.classList.add("stale");
			news.textContent = "No answer; this is what was there before.";
		}
		wait();
	}

	/* nobody who reads or copies is disturbed */
	function again() {
		if (document.hidden || !getSelection().isCollapsed)
			wait();
		else
			load(location.href);
	}

	function wait() {
		const seconds = Number(new URL(location).searchParams.get("refresh"));
		clearTimeout(timer);
		if (seconds > 0)
			timer = setTimeout(again, seconds * 1000);
	}

	function ask() {
		const query = new URLSearchParams();
		for (const [name, value] of new FormData(form))
			if (value && value !== "0")
				query.set(name, value);
		load(location.pathname + "?" + query);
	}

	document.addEventListener("click", (event) => {
		const link = event.target.closest("a[data-go]");
		if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey)
			return;
		event.preventDefault();
		load(link.href);
		const query = new URL(link.href).searchParams;
		form.elements.pools.value = query.get("pools");
		form.elements.q.value = query.get("q") ?? "";
	});
	form.addEventListener("submit", (event) => {
		event.preventDefault();
		ask();
	});
	form.addEventListener("change", ask);
	form.elements.q.addEventListener("input", () => {
		clearTimeout(timer);
		timer = setTimeout(ask, 250);
	});
	document.body.classList.add("scripted");
	wait();
})();
