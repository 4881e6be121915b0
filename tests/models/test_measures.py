"""What is measured of weights, against the plain way to measure it; maps of a sentence."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import save

import diagram
from models import ZOO
from models.pretrained import (
    MINILM,
    component_norms,
    core,
    core_rank,
    cut,
    measuring,
    own,
    read,
    singular_values,
    stable_rank,
)
from models.pretrained.core import Array
from models.pretrained.file import tensor_file
from models.wild.maps import HABITS, habits, made, mapping

SIZES = {"f": 12, "h": 3, "d": 4, "r": 6}
FORMS = ("multi-head", "lossless", "tunable-head", "skip-left", "skip-right")


def weights(name: str) -> dict[str, torch.Tensor]:
    torch.manual_seed(len(name))
    program = ZOO[name].program()
    dims = {dim: SIZES[dim] for dim in program.defaults}
    state = diagram.compile(ZOO[name].program(**dims)).state_dict()
    return {each: torch.randn_like(value) for each, value in state.items()}


def test_singular_values_are_those_of_the_whole_matrix():
    values = weights("multi-head")
    for head, found in enumerate(singular_values(values)):
        whole = values["WQ"][:, head] @ values["WK"][:, head].T
        expected = torch.linalg.svdvals(whole.double())[:4].numpy()
        assert found == pytest.approx(expected, rel=1e-5)
        assert stable_rank(np.diag(found)) == pytest.approx(stable_rank(whole.double().numpy()))


def test_norms_of_components_are_those_of_their_columns():
    values = weights("multi-head")
    found = component_norms(values)
    assert found["WK"][2, 1] == pytest.approx(values["WK"][:, 2, 1].norm().item())
    assert found["WO"][2, 1] == pytest.approx(values["WO"][2, 1].norm().item())


@pytest.mark.parametrize("name", FORMS)
def test_every_form_is_tunable_head_attention_with_its_core(name: str):
    """Scores before the softmax, of every component, are those with the core of the form."""
    values = {each: value.double() for each, value in weights(name).items()}
    program = ZOO[name].program(**{d: SIZES[d] for d in ZOO[name].program().defaults})
    x = torch.randn(2, 5, 12, dtype=torch.float64)
    scores = diagram.interpret(program, x, **values)["S"]
    flat = [(values[each].flatten(1)).numpy() for each in ("WQ", "WK")]
    query, key = (np.einsum("bnf,fr->bnr", x.numpy(), each) for each in flat)
    found = np.einsum("bnr,bmr,rs->bsnm", query, key, core(values)) * scale(name)
    assert np.abs(found - repeated(scores.numpy(), found.shape[1])).max() <= 1e-12
    assert core_rank(values) == pytest.approx(stable_rank(core(values)))


def scale(name: str) -> float:
    return {"lossless": 1.0, "tunable-head": 6**-0.5}.get(name, 0.5)


def repeated(scores: Array, components: int) -> Array:
    """Scores of a head are those of each of its components."""
    flat = scores.reshape(scores.shape[0], -1, *scores.shape[-2:])
    return np.repeat(flat, components // flat.shape[1], axis=1)


def test_the_stable_rank_of_the_core_is_the_number_of_heads():
    assert core_rank(weights("multi-head")) == 3
    assert core_rank(weights("lossless")) == 6
    assert 1 <= core_rank(weights("tunable-head")) <= 6
    assert stable_rank(np.zeros((2, 2))) == 0


@pytest.mark.parametrize("name", FORMS)
def test_what_a_module_saved_is_known_again(name: str):
    values = weights(name)
    found = own(tensor_file(save(values)))
    assert found is not None
    assert found.name == name
    assert all(torch.equal(found.values[each], values[each]) for each in values)
    *_, last = measuring(found)
    assert last[0] < 1


def test_other_files_are_not_taken_for_our_own():
    values = weights("tunable-head")
    bad = torch.ones(6, 5)
    for changed in ({**values, "C": bad}, {**values, "D": bad}, {"C": bad}, {"WQ": bad}):
        assert own(tensor_file(save(changed))) is None


def test_a_real_layer_is_measured():
    layer = read(MINILM.file).layers[0]
    shares = [share for share, _ in measuring(layer)]
    found = made(measuring(layer))
    assert shares == sorted(shares)
    assert found.spectrum.shape == found.components["WQ"].shape == (12, 32)
    assert found.core_rank == 12
    assert (np.diff(found.spectrum) <= 0).all()
    assert ((found.score_ranks >= 1) & (found.score_ranks <= 32)).all()


# -- sentences ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", ()),
        ("naïve Ärger", ("naive", "ar", "##ger")),
        ("日本", ("日", "本")),
        ("a\u200b\x00🎉", None),
        ("<script>", ("<", "script", ">")),
    ],
)
def test_any_text_is_cut(text, tokens):
    found = cut(text)
    assert (found.tokens[0], found.tokens[-1]) == ("[CLS]", "[SEP]")
    assert tokens is None or found.tokens[1:-1] == tokens
    assert found.left_out == 0


def test_a_long_text_is_cut_short_and_says_so():
    found = cut("tensor " * 2000, most=10)
    assert (len(found.tokens), found.left_out) == (10, 1992)
    assert found.tokens[-1] == "[SEP]"


def test_maps_are_those_of_transformers():
    transformers = pytest.importorskip("transformers")
    model = transformers.BertModel.from_pretrained(
        MINILM.file.parent, attn_implementation="eager"
    ).eval()
    sentence = cut("The cat sat on the mat because it was tired.")
    found = made(mapping(sentence))
    with torch.no_grad():
        told = model(torch.tensor([sentence.numbers]), output_attentions=True).attentions
    assert np.abs(found.of - torch.cat(told).numpy()).max() <= 1e-5
    assert found.of.sum(-1) == pytest.approx(1)


def test_habits_share_all_attention():
    of = np.random.default_rng(0).dirichlet(np.ones(5), size=(2, 5))
    found = habits(of)
    assert found.shape == (2, len(HABITS))
    assert found.sum(1) == pytest.approx(1)
    assert habits(np.full((1, 1, 1), 1.0)).tolist() == [[1, 0, 0, 0, 0, 0]]
    assert habits(np.eye(4)[[0, 0, 1, 2]][None])[0, 1] == 0.75
