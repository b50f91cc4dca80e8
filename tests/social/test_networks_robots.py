"""Robots that fetch previews are told apart by network; people in a network's own browser are people."""

import pytest

from social.networks import registry

ROBOTS = {
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)": "meta",
    "facebookcatalog/1.0": "meta",
    "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)": "meta",
    "meta-externalfetcher/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)": "meta",
    "Twitterbot/1.0": "x",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)": "linkedin",
    "TelegramBot (like TwitterBot)": "telegram",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)": "slack",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)": "discord",
    "Mozilla/5.0 (compatible; redditbot/1.0; +http://www.reddit.com/feedback)": "reddit",
    "Mozilla/5.0 (compatible; Pinterestbot/1.0; +http://www.pinterest.com/bot.html)": "pinterest",
    "Mozilla/5.0 (compatible; vkShare; +http://vk.com/dev/Share)": "vk",
    "SummalyBot/5.2.2": "fediverse",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com": "teams",
    "Snap URL Preview Service; bot; snapchat; https://developers.snap.com/robots": "snapchat",
    "Mastodon/4.4.0 (http.rb/5.2.0; +https://mastodon.social/)": "fediverse",
    "http.rb/5.1.1 (Mastodon/4.2.1; +https://piaille.fr/) Bot": "fediverse",
    "Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; +mailto:support@bsky.app)": "bluesky",
    "WhatsApp/2.23.20.0 A": "whatsapp",
    "WhatsApp/2": "whatsapp",
    "Pleroma 2.6.0; https://social.example <admin@social.example>; Bot": "fediverse",
    "Akkoma 3.10.4; https://akko.example; Bot": "fediverse",
    "Viber": "viber",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 Safari/601.2.4"  # noqa: E501
    " facebookexternalhit/1.1 Facebot Twitterbot/1.0": "imessage",
}

SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
PEOPLE = {
    f"{SAFARI} [FBAN/FBIOS;FBAV/480.0.0.41.109;FBBV/1;FBDV/iPhone14,5]": "facebook",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126 Mobile Safari/537.36 [FB_IAB/FB4A;]": "facebook",  # noqa: E501
    f"{SAFARI} Barcelona 340.0.0.27.109": "threads",
    f"{SAFARI} [LinkedInApp]/9.30": "linkedin",
    f"{SAFARI} [Pinterest/iOS]": "pinterest",
    f"{SAFARI} Twitter for iPhone/10.50": "x",
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126 Mobile Safari/537.36 Telegram-Android/11.2": "telegram",  # noqa: E501
    f"{SAFARI} Instagram 340.0.3.27.92": "",
    f"{SAFARI} Snapchat/12.97": "",
    f"{SAFARI} Line/14.0": "",
    f"{SAFARI} trill_350000 BytedanceWebview/d8a21c6": "",
    f"{SAFARI} Version/18.5 Safari/604.1": "",
}


@pytest.mark.parametrize(("agent", "label"), ROBOTS.items())
def test_a_preview_robot_is_known_by_its_network(agent, label):
    assert registry.robot_label(agent) == label


@pytest.mark.parametrize(("agent", "network"), PEOPLE.items())
def test_a_person_in_a_networks_own_browser_is_no_robot(agent, network):
    assert registry.robot_label(agent) == ""
    assert registry.observed(agent) == network


@pytest.mark.parametrize(
    ("referrer", "network"),
    [
        ("https://t.co/abc", "x"),
        ("https://lm.facebook.com/l.php?u=x", "facebook"),
        ("https://go.bsky.app/redirect", "bluesky"),
        ("https://www.linkedin.com/feed/", "linkedin"),
        ("https://out.reddit.com/", "reddit"),
        ("https://l.threads.com/", "threads"),
        ("https://notfacebook.com/", ""),
        ("https://mail.google.com/", ""),
        ("not an address", ""),
        ("", ""),
    ],
)
def test_a_referrer_tells_the_network_by_its_host_alone(referrer, network):
    assert registry.observed("", referrer) == network


def test_meta_confirms_its_own_networks_and_no_other():
    assert all(registry.confirms(key, "meta") for key in ("facebook", "messenger", "threads"))
    assert not registry.confirms("x", "meta")
    assert not registry.confirms("nobody", "meta")
