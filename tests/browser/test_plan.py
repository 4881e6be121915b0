"""The plan as a person uses it: played to its end, a step back, two nodes at a barrier, by hand."""

from __future__ import annotations

from playwright.sync_api import Browser, Locator, Page, expect


def node(page: Page, path: str) -> Locator:
    return page.locator(f'.figure [data-path="{path}"]')


def step(page: Page, said: str) -> None:
    expect(page.get_by_role("heading", name=said)).to_be_visible()


def flops(page: Page) -> Locator:
    return page.get_by_test_id("stMetricValue").first


def test_the_plan_is_played_and_asked_and_made_by_hand(browser: Browser, studio_url: str):
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(f"{studio_url}/plan")
    step(page, "Step 1 of 7")
    grounds = page.locator(".figure .td-ground")
    expect(grounds).to_have_count(2)
    now = page.locator(".td-tree .td-now text")
    expect(now).to_have_text("1")
    box = page.locator(".figure svg").get_attribute("viewBox")
    slider = page.get_by_role("slider", name="Step")
    slider.press("End")
    step(page, "All is merged")
    expect(grounds).to_have_count(1)
    for place in (7, 6):
        slider.press("ArrowLeft")
        step(page, f"Step {place} of 7")
    page.get_by_role("button", name="Play").click()
    step(page, "All is merged")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert page.locator(".figure svg").get_attribute("viewBox") == box
    slider.press("ArrowLeft")
    step(page, "Step 7 of 7")
    expect(now).to_have_text("7")
    assert page.locator(".figure svg").get_attribute("viewBox") == box

    node(page, "S/1").click()
    node(page, "Y/2").click()
    expect(page.get_by_text("WQ is inside softmax[m] and WV is not")).to_be_visible()

    best = flops(page).inner_text()
    page.get_by_role("radio", name="By hand").click()
    expect(page.get_by_role("button", name="Merge")).to_be_visible()
    node(page, "S/1").click()
    node(page, "S/3").click()
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    expect(flops(page)).not_to_have_text(best)
    step(page, "Step 7 of 7")  # the planner went on from there
    page.get_by_role("button", name="Undo").click()
    expect(flops(page)).to_have_text(best)
    page.close()
