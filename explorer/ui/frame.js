/**
 * What Streamlit's buttons and links cannot say: which card is the chosen one, and which page the
 * current one. Both are drawn in another colour; this says so to those who do not see it. It also
 * scrolls the gallery to the chosen card, says where there are more, and closes a sidebar that lies
 * over what was chosen in it.
 */

const CARDS = '[class*="st-key-card-"] .stButton button';
const PAGES = ".st-key-page-links a";
/** What leads to something beside the sidebar, which lies over it on a narrow page. */
const LEADS = `[class*="st-key-model-"] button, [class*="st-key-run-"] button, .st-key-place-go button, ${PAGES}`;
const NARROW = "(max-width: 767px), (max-height: 500px)";
const watchers = new WeakMap();

export default function ({ parentElement }) {
  if (watchers.has(parentElement)) return undefined;
  const side = parentElement.closest('[data-testid="stSidebar"]') ?? document.body;
  let shown = new WeakSet(); // buttons of chosen cards that were scrolled to, or need not be
  let waiting = 0;
  // Cards may be there before their style sheet, which makes the gallery a window that scrolls.
  const resized = new ResizeObserver(() => {
    shown = new WeakSet();
    mark();
  });
  const mark = () => {
    waiting = 0;
    for (const link of side.querySelectorAll(PAGES)) {
      if (link.pathname === location.pathname) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    for (const gallery of side.querySelectorAll('.st-key-gallery')) {
      gallery.onscroll = markEnds;
      markEnds({ currentTarget: gallery });
    }
    let isSettled = false; // of several new ones, the first is scrolled to
    for (const button of side.querySelectorAll(CARDS)) {
      const isChosen = button.dataset.testid.endsWith("primary");
      button.setAttribute("aria-pressed", String(isChosen));
      // Streamlit makes each button twice, for wide and for narrow pages, and shows one of them.
      if (!isChosen || shown.has(button) || !button.offsetParent) continue;
      shown.add(button);
      const gallery = button.closest('[class*="st-key-gallery"]');
      if (!gallery || isSettled) continue;
      isSettled = true;
      resized.observe(gallery);
      scroll(gallery, button.closest('[class*="st-key-card-"]'));
    }
  };
  const watcher = new MutationObserver(() => {
    waiting ||= requestAnimationFrame(mark);
  });
  watcher.observe(side, { childList: true, subtree: true });
  watchers.set(parentElement, watcher);
  const onClick = (event) => {
    if (event.target.closest?.(LEADS) && matchMedia(NARROW).matches) close(side);
  };
  document.addEventListener("click", onClick);
  mark();
  return () => {
    document.removeEventListener("click", onClick);
    watcher.disconnect();
    resized.disconnect();
    cancelAnimationFrame(waiting);
    watchers.delete(parentElement);
  };
}

/** Close the sidebar, once what was pressed has been told to Streamlit. */
function close(side) {
  const button = side.querySelector('[data-testid="stSidebarCollapseButton"] button');
  if (button?.ariaExpanded === "true") setTimeout(() => button.click());
}

/** Say on which sides of a gallery there are more cards, so that it fades there. */
function markEnds({ currentTarget: gallery }) {
  const below = gallery.scrollHeight - gallery.clientHeight - gallery.scrollTop;
  gallery.toggleAttribute("data-more-above", gallery.scrollTop > 1);
  gallery.toggleAttribute("data-more-below", below > 1);
}

/** Scroll a gallery, and nothing around it, until all of a card is seen. */
function scroll(gallery, card) {
  const above = card.getBoundingClientRect().top - gallery.getBoundingClientRect().top;
  const isSeen = above >= 0 && above + card.offsetHeight <= gallery.clientHeight + 1;
  if (!isSeen) gallery.scrollTop += above - (gallery.clientHeight - card.offsetHeight) / 2;
}
