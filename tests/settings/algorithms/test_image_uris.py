"""The URIs of ten algorithms in one region of a partition, taken by hand from AWS's pages.

Sources, read on 2026-11-30: the pages "Docker Registry Paths and Example Code" for US East (N. Virginia),
China (Beijing) and AWS GovCloud (US-West): `ecr-us-east-1.md`, `ecr-cn-north-1.md`, `ecr-us-gov-west-1.md` of
AWS's developer guide of June 2023, as it was archived. AWS has no such page for its isolated regions.
"""

import pytest

from mdlc_constructs.settings.algorithms.table import algorithm_facts
from mdlc_constructs.settings.image import Image

VIRGINIA = {
    "blazingtext": "811284229777.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1",
    "factorization-machines": "382416733822.dkr.ecr.us-east-1.amazonaws.com/factorization-machines:1",
    "forecasting-deepar": "522234722520.dkr.ecr.us-east-1.amazonaws.com/forecasting-deepar:1",
    "image-classification": "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1",
    "ipinsights": "382416733822.dkr.ecr.us-east-1.amazonaws.com/ipinsights:1",
    "kmeans": "382416733822.dkr.ecr.us-east-1.amazonaws.com/kmeans:1",
    "lda": "766337827248.dkr.ecr.us-east-1.amazonaws.com/lda:1",
    "linear-learner": "382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1",
    "randomcutforest": "382416733822.dkr.ecr.us-east-1.amazonaws.com/randomcutforest:1",
    "seq2seq": "811284229777.dkr.ecr.us-east-1.amazonaws.com/seq2seq:1",
}
BEIJING = {
    "blazingtext": "390948362332.dkr.ecr.cn-north-1.amazonaws.com.cn/blazingtext:1",
    "factorization-machines": "390948362332.dkr.ecr.cn-north-1.amazonaws.com.cn/factorization-machines:1",
    "forecasting-deepar": "390948362332.dkr.ecr.cn-north-1.amazonaws.com.cn/forecasting-deepar:1",
    "image-classification": "390948362332.dkr.ecr.cn-north-1.amazonaws.com.cn/image-classification:1",
    "ipinsights": "390948362332.dkr.ecr.cn-north-1.amazonaws.com.cn/ipinsights:1",
    "kmeans": "390948362332.dkr.ecr.cn-north-1.amazonaws.com.cn/kmeans:1",
    "knn": "390948362332.dkr.ecr.cn-north-1.amazonaws.com.cn/knn:1",
    "linear-learner": "390948362332.dkr.ecr.cn-north-1.amazonaws.com.cn/linear-learner:1",
    "randomcutforest": "390948362332.dkr.ecr.cn-north-1.amazonaws.com.cn/randomcutforest:1",
    "seq2seq": "390948362332.dkr.ecr.cn-north-1.amazonaws.com.cn/seq2seq:1",
}
GOVERNMENT = {
    "blazingtext": "226302683700.dkr.ecr.us-gov-west-1.amazonaws.com/blazingtext:1",
    "factorization-machines": "226302683700.dkr.ecr.us-gov-west-1.amazonaws.com/factorization-machines:1",
    "forecasting-deepar": "226302683700.dkr.ecr.us-gov-west-1.amazonaws.com/forecasting-deepar:1",
    "kmeans": "226302683700.dkr.ecr.us-gov-west-1.amazonaws.com/kmeans:1",
    "lda": "226302683700.dkr.ecr.us-gov-west-1.amazonaws.com/lda:1",
    "ntm": "226302683700.dkr.ecr.us-gov-west-1.amazonaws.com/ntm:1",
    "object-detection": "226302683700.dkr.ecr.us-gov-west-1.amazonaws.com/object-detection:1",
    "object2vec": "226302683700.dkr.ecr.us-gov-west-1.amazonaws.com/object2vec:1",
    "pca": "226302683700.dkr.ecr.us-gov-west-1.amazonaws.com/pca:1",
    "semantic-segmentation": "226302683700.dkr.ecr.us-gov-west-1.amazonaws.com/semantic-segmentation:1",
}


@pytest.mark.parametrize(
    ("region", "uris"),
    [("us-east-1", VIRGINIA), ("cn-north-1", BEIJING), ("us-gov-west-1", GOVERNMENT)],
    ids=["aws", "aws-cn", "aws-us-gov"],
)
def test_uris_are_those_of_awss_pages(region: str, uris: dict[str, str]) -> None:
    assert len(uris) == 10
    for name, uri in uris.items():
        facts = algorithm_facts(name)
        assert Image(repository=facts.repository, version=facts.versions[0]).uri(region) == uri


def test_an_algorithm_is_refused_in_a_region_without_it() -> None:
    image = Image(repository="lda", version="1")
    assert image.uri("us-gov-west-1").startswith("226302683700.")
    with pytest.raises(ValueError, match="region='eu-north-1': no such region with lda"):
        image.uri("eu-north-1")
    with pytest.raises(ValueError, match="no such region with lda"):
        image.uri("cn-north-1")
