"""One S3 channel of a training job: what it holds, and how SageMaker brings it to the container."""

import re
from dataclasses import dataclass, is_dataclass

from mdlc_constructs.settings.column_names import check_names
from mdlc_constructs.settings.payloads.channels import ChannelSection, ClassesFrom, ObjectsKind, Reading
from mdlc_constructs.settings.refusal import refusal, unknown, with_article
from mdlc_constructs.settings.s3_folder import check_s3_folder

INPUT_MODES = ("File", "FastFile", "Pipe")
KINDS = ("S3Prefix", "ManifestFile", "AugmentedManifestFile")
CLASSES_FROM = ("folder", "prefix", "lst", "attribute")
LISTING = "_lst"
"""The end of the name of a channel with the list of the images of another: `train_lst` of `train`."""
ANNOTATION = "_annotation"
"""The end of the name of a channel with the labels of the images of another: JSON, or images of masks."""
MAX_ATTRIBUTES = 16
"""Source: ``AttributeNames`` in SageMaker's API model."""
MAX_CONTENT_TYPE = 256
MAX_SEED = 2**63 - 1
"""Source: ``Seed`` in SageMaker's API model, a number of 64 bits with a sign."""

_MIME = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+*-]+(;.*)?", re.IGNORECASE)
_READING: dict[str, Reading] = {"text/plain": "lines", "application/jsonlines": "records"}


def brief(value: object) -> object:
    """A value as an error message shows it: of settings in a wrong place the name of their class."""
    return type(value).__name__ if is_dataclass(value) else value


@dataclass(frozen=True, kw_only=True)
class S3Channel:
    """A named input of a training job, or the objects that a batch scores.

    Args:
        uri: ``s3://bucket/prefix/`` with the closing slash for a folder, of which SageMaker takes every
            object; for a manifest the URI of the manifest itself.
        content_type: MIME type of the objects, such as "text/plain", "image/png" or "application/x-image".
        kind: "S3Prefix" for a folder, "ManifestFile" for a JSON list of a prefix and names, or
            "AugmentedManifestFile" for JSON lines with attributes.
        objects: for a manifest the folder, ``s3://bucket/prefix/``, that holds all objects it names.
        attribute_names: for an augmented manifest the attributes to stream, such as
            ``("source-ref", "class")``.
        input_mode: "File" copies the objects to the instance, "FastFile" shows them as files and reads them
            when they are opened, "Pipe" streams them.
        sharded: whether each instance gets a part of the objects instead of all (ShardedByS3Key).
        shuffle: seed by which the order of the objects or lines is shuffled; None for no shuffling.
        compression: "Gzip" when a Pipe channel's objects are compressed; else None.
        record_wrapper: "RecordIO" when SageMaker shall wrap each object of a Pipe channel as a record.
        classes_from: where the check finds an example's class, one of `CLASSES_FROM`. By default "prefix" for
            text/plain, "folder" for images, "attribute" for an augmented manifest with two attributes.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    uri: str
    content_type: str | None = None
    kind: ObjectsKind = "S3Prefix"
    objects: str = ""
    attribute_names: tuple[str, ...] = ()
    input_mode: str = "File"
    sharded: bool = False
    shuffle: int | None = None
    compression: str | None = None
    record_wrapper: str | None = None
    classes_from: ClassesFrom | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise unknown("kind", self.kind, KINDS, what="kind of channel")
        if self.input_mode not in INPUT_MODES:
            raise unknown("input_mode", self.input_mode, INPUT_MODES, what="input mode")
        self._check_place()
        self._check_content_type()
        self._check_attributes()
        self._check_pipe()
        if self.shuffle is not None and (
            isinstance(self.shuffle, bool)
            or not isinstance(self.shuffle, int)
            or not 0 <= self.shuffle <= MAX_SEED
        ):
            raise refusal("shuffle", self.shuffle, f"give a seed, a whole number from 0 to {MAX_SEED}.")
        if not isinstance(self.sharded, bool):
            raise refusal("sharded", self.sharded, "give True or False.")
        if self.classes_from is not None and self.classes_from not in CLASSES_FROM:
            raise unknown("classes_from", self.classes_from, CLASSES_FROM, what="place of classes")

    def _check_place(self) -> None:
        if self.kind == "S3Prefix":
            check_s3_folder("uri", self.uri)
            if self.objects:
                raise refusal("objects", self.objects, "is of manifests; uri names the folder itself.")
            return
        if not isinstance(self.uri, str) or not self.uri.startswith("s3://") or self.uri.endswith("/"):
            raise refusal(
                "uri",
                self.uri,
                f'{with_article(self.kind)} is one object; give "s3://bucket/train.manifest".',
            )
        if not self.objects:
            raise refusal(
                "objects",
                self.objects,
                'say below which folder the objects are that the manifest names, such as "s3://bucket/images/".',
            )
        check_s3_folder("objects", self.objects)

    def _check_content_type(self) -> None:
        kind = self.content_type
        if kind is None:
            return
        if not isinstance(kind, str) or len(kind) > MAX_CONTENT_TYPE or not _MIME.fullmatch(kind):
            raise refusal("content_type", kind, 'give a MIME type, such as "text/plain" or "image/png".')

    def _check_attributes(self) -> None:
        names = check_names("attribute_names", self.attribute_names)
        object.__setattr__(self, "attribute_names", names)
        if self.kind != "AugmentedManifestFile":
            if names:
                raise refusal("attribute_names", names, f"is not of kind={self.kind!r}; leave it out.")
            return
        if not 1 <= len(names) <= MAX_ATTRIBUTES:
            raise refusal(
                "attribute_names",
                names,
                f"name the 1 to {MAX_ATTRIBUTES} attributes to stream, in order, such as "
                '("source-ref", "class").',
            )
        # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3DataSource.html
        if self.input_mode != "Pipe":
            raise refusal(
                "input_mode",
                self.input_mode,
                'SageMaker reads augmented manifests by Pipe only; give input_mode="Pipe".',
            )

    def _check_pipe(self) -> None:
        for argument, value, known in (
            ("compression", self.compression, "Gzip"),
            ("record_wrapper", self.record_wrapper, "RecordIO"),
        ):
            if value is None:
                continue
            if value != known:
                raise refusal(argument, value, f"give {known!r}, or leave it out.")
            # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Channel.html
            if self.input_mode != "Pipe":
                raise refusal(
                    argument, value, f"is of Pipe, and input_mode is {self.input_mode!r}; leave it out."
                )

    @property
    def media_type(self) -> str:
        """The content type without its parameters; empty when there is none."""
        return (self.content_type or "").partition(";")[0].strip().lower()

    @property
    def is_image(self) -> bool:
        """Whether the objects are images."""
        return self.media_type.startswith("image/") or self.media_type == "application/x-image"

    def to_plan(
        self, name: str, *, uri: str | None = None, objects: str | None = None, classes: bool = True
    ) -> ChannelSection:
        """The channel as a job's plan has it.

        Args:
            uri: what stands for its URI; by default itself.
            objects: what stands for the folder of its objects; by default itself.
            classes: whether its examples have classes, when `classes_from` does not say where.
        """
        return ChannelSection(
            name=name,
            uri=self.uri if uri is None else uri,
            kind=self.kind,
            reading=self.reading(name),
            objects=self.objects if objects is None else objects,
            attributes=self.attribute_names,
            classes_from=self.found_classes(name) if classes else self.classes_from,
        )

    def reading(self, name: str) -> Reading:
        """How the quality check reads the channel of that name."""
        if self.kind == "AugmentedManifestFile":
            return "records"
        # Masks are images, of which equal ones are no mistake.
        if self.compression is not None or name.endswith(ANNOTATION):
            return "objects"
        if self.is_image:
            return "listing" if name.endswith(LISTING) else "images"
        return _READING.get(self.media_type, "objects")

    def found_classes(self, name: str) -> ClassesFrom | None:
        """Where the classes of the examples stand in the channel of that name."""
        if self.classes_from is not None:
            return self.classes_from
        if self.kind == "AugmentedManifestFile":
            return "attribute" if len(self.attribute_names) > 1 else None
        if name.endswith(ANNOTATION):
            return None
        if self.is_image:
            return "lst" if name.endswith(LISTING) else "folder"
        return "prefix" if self.media_type == "text/plain" else None
