/**
 * What Streamlit's buttons and links cannot say: which card is the chosen one, and which page the
 * current one. Both are drawn in another colour; this says so to those who do not see it, and
 * scrolls the gallery to the chosen card.
 */

const CARDS = '[class*="st-key-card-"] .stButton button';
const PAGES = ".st-key-page-links a";
const watchers = new WeakMap();

export default function ({ parentElement }) {
  if (watchers.has(parentElement)) return undefined;
  const side = parentElement.closest('[data-testid="stSidebar"]') ?? document.body;
  let shown = null; // the button that was last scrolled to
  let waiting = 0;
  const mark = () => {
    waiting = 0;
    for (const link of side.querySelectorAll(PAGES)) {
      if (link.pathname === location.pathname) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    for (const button of side.querySelectorAll(CARDS)) {
      const isChosen = button.dataset.testid.endsWith("primary");
      button.setAttribute("aria-pressed", String(isChosen));
      // Streamlit makes each button twice, for wide and for narrow pages, and shows one of them.
      if (isChosen && shown !== button && button.offsetParent) {
        shown = button;
        intoView(button);
      }
    }
  };
  const watcher = new MutationObserver(() => {
    waiting ||= requestAnimationFrame(mark);
  });
  watcher.observe(side, { childList: true, subtree: true });
  watchers.set(parentElement, watcher);
  mark();
  return () => {
    watcher.disconnect();
    cancelAnimationFrame(waiting);
    watchers.delete(parentElement);
  };
}

/** Scroll a gallery, and nothing around it, until all of a card is seen. */
function intoView(button) {
  const card = button.closest('[class*="st-key-card-"]');
  const gallery = card.closest('[class*="st-key-gallery"]');
  if (!gallery) return;
  const above = card.getBoundingClientRect().top - gallery.getBoundingClientRect().top;
  const isSeen = above >= 0 && above + card.offsetHeight <= gallery.clientHeight + 1;
  if (!isSeen) gallery.scrollTop += above - (gallery.clientHeight - card.offsetHeight) / 2;
}
