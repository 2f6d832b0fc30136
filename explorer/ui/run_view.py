"""The view of a training run: what the browser gets; it then asks the server for news itself."""

from explorer import jobs
from explorer.export import RunReplay
from explorer.ui import routes, run_routes
from explorer.ui.exports import offered
from explorer.ui.mounting import mount
from explorer.ui.scenes import RunScene
from explorer.ui.words import adversarial_words, run_words


def run_view(run: jobs.RunFolder) -> None:
    """Show a run, from the moment it is queued."""
    mount("run", "run/page.js", scene(run))


def scene(run: jobs.RunFolder) -> RunScene:
    """Return everything the view needs to know, as JSON values; `run/page.js` reads it."""
    record = run.record()
    config = record.config
    return {
        "key": run.id,
        "name": record.name,
        "latentDim": config.latent_dim,
        "urls": routes.shared_urls("run/page.js") | run_routes.urls(run),
        "state": run.status().state,
        "kept": run_routes.kept(run, jobs.read_ends(run)),  # a change wakes the view
        "mayEndEarly": config.patience > 0,
        "hasEncoder": config.has_encoder,
        "adversarial": adversarial_words(config.kind) if config.is_adversarial else None,
        "replays": offered(RunReplay, lambda one: run_routes.replay_url(run, one)),
        "words": run_words(),
    }
