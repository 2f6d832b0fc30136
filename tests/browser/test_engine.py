"""Which kernels run a network in the browser, and that either draw the same."""

import numpy as np
from playwright.sync_api import Browser, expect

from tests.browser.conftest import SLOW_MS, Visit

# Make many networks of the model on show, by the modules of the page itself, and run them all.
_MANY = """async (count) => {
  const files = performance.getEntriesByType("resource").map(({ name }) => name);
  const [module] = files.filter((name) => name.endsWith("/network/network.js"));
  const [file] = files.filter((name) => name.endsWith("/decoder.pack"));
  const { makeNetwork, readPack } = await import(module);
  const pack = readPack(await (await fetch(file)).arrayBuffer());
  const networks = [];
  for (let i = 0; i < count; i++) networks.push(await makeNetwork(pack));
  const code = new Float32Array(pack.latentDim).fill(0.5);
  const results = new Set(networks.map((network) => String(network(code))));
  return { engines: [...new Set(networks.map(({ engine }) => engine))], results: results.size };
}"""


# A second policy, which lets nothing be compiled; what both allow is allowed.
_FORBID = """addEventListener("DOMContentLoaded", () => {
  const policy = document.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  policy.content = "script-src 'self' blob: 'unsafe-inline'";
  document.head.append(policy);
})"""


def engine(visit: Visit) -> str | None:
    return visit.page.get_by_test_id("stage").get_attribute("data-engine")


def strip(visit: Visit) -> list[list[int]]:
    """The pictures of the first slider, which a worker draws, once they are drawn."""
    expect(visit.page.locator(".le-frame").first).to_be_visible(timeout=SLOW_MS)
    expect(visit.page.locator(".le-stale")).to_have_count(0, timeout=SLOW_MS)
    visit.page.wait_for_timeout(500)
    return (
        visit.page.locator(".le-slider")
        .first.locator(".le-frame canvas")
        .evaluate_all(
            "all => all.map(c => Array.from("
            "c.getContext('2d').getImageData(0, 0, c.width, c.height).data))"
        )
    )


def test_where_a_policy_forbids_to_compile_javascript_draws_the_same(
    browser: Browser, visit, address
):
    visit.open("?model=mnist&map=pca")
    assert engine(visit) == "simd"
    page = browser.new_context().new_page()
    page.add_init_script(_FORBID)
    refused = Visit(page, address, [], [])
    refused.open("?model=mnist&map=pca")
    assert engine(refused) == "js"
    assert np.abs(refused.pixels().astype(int) - visit.pixels()).max() <= 1
    assert np.abs(np.array(strip(refused)) - np.array(strip(visit))).max() <= 1
    page.context.close()


def test_hundreds_of_networks_share_the_memories_that_a_browser_gives(visit):
    visit.open("?model=mnist")
    assert visit.page.evaluate(_MANY, 300) == {"engines": ["simd"], "results": 1}
