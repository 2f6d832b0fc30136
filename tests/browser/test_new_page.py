"""A new page is one folder and its words: added to a copy of the package, people can go there."""


def test_a_page_is_one_folder_and_its_words(visit_with_toys):
    visit = visit_with_toys.open()
    page = visit.page
    links = page.locator(".st-key-page-links a")
    assert links.all_inner_texts() == ["Explore", "Train", "Compare", "Lengths"]
    links.nth(3).click()
    page.get_by_text("The latent code of faces has 16 numbers.").wait_for()
    assert page.url.split("?")[0] == f"{visit.address}/lengths"
    assert page.title() == "Lengths · Latent Explorer"
    links.nth(0).click()
    visit.ready()


def test_its_address_opens_it_at_once(visit_with_toys):
    page = visit_with_toys.page
    page.goto(f"{visit_with_toys.address}/lengths")
    page.get_by_text("The latent code of faces has 16 numbers.").wait_for()
