#!/usr/bin/env python3
"""Writes TensorFlow's .proto files, as far as ctf needs them, from the descriptors in TensorFlow's wheel.

    python3 graphdef/proto/make_protos.py            writes them below graphdef/proto/ and prints their paths
    python3 graphdef/proto/make_protos.py --check    writes nothing; exit status 1 if a file differs

Needs tensorflow (made with 2.21) and protoc. Packages, names, numbers and types are facts of the wire format; no
comment and no option that means something to other languages only is carried over. Each set is read back with protoc
and compared with the wheel's descriptors before anything is replaced.
"""

import argparse
import importlib
import os
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from google.protobuf import descriptor_pb2  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))

# What they import comes along. Left out: messages of TPUs, of the compilers and of remote execution.
ROOTS = """
tensorflow/core/example/example
tensorflow/core/example/feature
tensorflow/core/framework/allocation_description
tensorflow/core/framework/api_def
tensorflow/core/framework/attr_value
tensorflow/core/framework/cost_graph
tensorflow/core/framework/cpp_shape_inference
tensorflow/core/framework/device_attributes
tensorflow/core/framework/full_type
tensorflow/core/framework/function
tensorflow/core/framework/graph
tensorflow/core/framework/kernel_def
tensorflow/core/framework/log_memory
tensorflow/core/framework/node_def
tensorflow/core/framework/op_def
tensorflow/core/framework/resource_handle
tensorflow/core/framework/step_stats
tensorflow/core/framework/tensor
tensorflow/core/framework/tensor_description
tensorflow/core/framework/tensor_shape
tensorflow/core/framework/tensor_slice
tensorflow/core/framework/types
tensorflow/core/framework/variable
tensorflow/core/framework/versions
tensorflow/core/protobuf/cluster
tensorflow/core/protobuf/composite_tensor_variant
tensorflow/core/protobuf/config
tensorflow/core/protobuf/control_flow
tensorflow/core/protobuf/debug
tensorflow/core/protobuf/error_codes
tensorflow/core/protobuf/fingerprint
tensorflow/core/protobuf/meta_graph
tensorflow/core/protobuf/named_tensor
tensorflow/core/protobuf/queue_runner
tensorflow/core/protobuf/rewriter_config
tensorflow/core/protobuf/rpc_options
tensorflow/core/protobuf/saved_model
tensorflow/core/protobuf/saved_object_graph
tensorflow/core/protobuf/saver
tensorflow/core/protobuf/struct
tensorflow/core/protobuf/tensor_bundle
tensorflow/core/protobuf/trackable_object_graph
tensorflow/core/protobuf/verifier_config
tensorflow/core/util/event
tensorflow/core/util/saved_tensor_slice
tensorflow/python/training/checkpoint_state
""".split()

FIELD = descriptor_pb2.FieldDescriptorProto
TYPE_NAMES = {value: name[len("TYPE_"):].lower() for name, value in FIELD.Type.items()}
LABELS = {FIELD.LABEL_OPTIONAL: "optional ", FIELD.LABEL_REQUIRED: "required ", FIELD.LABEL_REPEATED: "repeated "}


def descriptors():
    """All files, by name, in the order of their names."""
    found = {}
    waiting = [importlib.import_module(root.replace("/", ".") + "_pb2").DESCRIPTOR for root in ROOTS]
    while waiting:
        file = waiting.pop()
        if file.name not in found:
            found[file.name] = descriptor_pb2.FileDescriptorProto()
            file.CopyToProto(found[file.name])
            waiting.extend(file.dependencies)
    return dict(sorted(found.items()))


def reduced(file):
    """The file without what other languages want to know and without what protoc derives."""
    copy = descriptor_pb2.FileDescriptorProto()
    copy.CopyFrom(file)
    copy.ClearField("options")
    copy.ClearField("source_code_info")
    if copy.syntax == "proto2":
        copy.ClearField("syntax")
    dependencies = sorted(copy.dependency)
    public = sorted(dependencies.index(copy.dependency[i]) for i in copy.public_dependency)
    del copy.dependency[:], copy.public_dependency[:]
    copy.dependency.extend(dependencies)
    copy.public_dependency.extend(public)

    def reduce_options(item, kept):
        values = {name: getattr(item.options, name) for name in kept if item.options.HasField(name)}
        item.ClearField("options")
        for name, value in values.items():
            setattr(item.options, name, value)

    def reduce_enum(enum):
        reduce_options(enum, ("allow_alias", "deprecated"))
        for value in enum.value:
            reduce_options(value, ("deprecated",))

    def reduce_message(message):
        reduce_options(message, ("map_entry", "deprecated"))
        for field in message.field:
            field.ClearField("json_name")
            reduce_options(field, ("packed", "deprecated"))
        for enum in message.enum_type:
            reduce_enum(enum)
        for nested in message.nested_type:
            reduce_message(nested)
        # map<> makes its entry where the field stands, and the texts have nested messages before the fields
        message.nested_type.sort(key=lambda nested: nested.options.map_entry)

    for enum in copy.enum_type:
        reduce_enum(enum)
    for message in copy.message_type:
        reduce_message(message)
    return copy


def options_text(options):
    parts = [f"{field.name} = {str(value).lower()}" for field, value in options.ListFields()]
    return f" [{', '.join(parts)}]" if parts else ""


def ranges_text(keyword, ranges, names, inclusive_end):
    """Reserved or extension ranges; a message's end is exclusive, an enum's is not."""
    lines = []
    for item in ranges:
        last = item.end if inclusive_end else item.end - 1
        lines.append(f"{keyword} {item.start};" if last == item.start else f"{keyword} {item.start} to {last};")
    lines.extend(f'{keyword} "{name}";' for name in names)
    return lines


class Writer:
    """One file as text. Names are relative to the package; verify() sees it if a scope captures one."""

    def __init__(self, file):
        self.file = file
        self.proto2 = file.syntax in ("", "proto2")
        self.lines = []

    def put(self, depth, text):
        self.lines.append("  " * depth + text if text else "")

    def enum(self, enum, depth):
        self.put(depth, f"enum {enum.name} {{")
        for field, value in enum.options.ListFields():
            self.put(depth + 1, f"option {field.name} = {str(value).lower()};")
        for line in ranges_text("reserved", enum.reserved_range, enum.reserved_name, inclusive_end=True):
            self.put(depth + 1, line)
        for value in enum.value:
            self.put(depth + 1, f"{value.name} = {value.number}{options_text(value.options)};")
        self.put(depth, "}")

    def type_of(self, field):
        if not field.type_name:
            return TYPE_NAMES[field.type]
        return field.type_name.removeprefix(f".{self.file.package}.").removeprefix(".")

    def field(self, field, maps, depth):
        if field.extendee or field.proto3_optional or field.type == FIELD.TYPE_GROUP or field.HasField("default_value"):
            raise ValueError(f"{self.file.name}: {field.name} needs syntax that this script does not write")
        entry = maps.get(field.type_name)
        if entry:
            label, kind = "", f"map<{self.type_of(entry.field[0])}, {self.type_of(entry.field[1])}>"
        else:
            in_oneof = field.HasField("oneof_index")
            bare = in_oneof or (not self.proto2 and field.label == FIELD.LABEL_OPTIONAL)
            label, kind = "" if bare else LABELS[field.label], self.type_of(field)
        self.put(depth, f"{label}{kind} {field.name} = {field.number}{options_text(field.options)};")

    def message(self, message, scope, depth):
        full_name = f"{scope}.{message.name}"
        maps = {f"{full_name}.{nested.name}": nested for nested in message.nested_type if nested.options.map_entry}
        self.put(depth, f"message {message.name} {{")
        if message.options.deprecated:
            self.put(depth + 1, "option deprecated = true;")
        for line in ranges_text("reserved", message.reserved_range, message.reserved_name, inclusive_end=False):
            self.put(depth + 1, line)
        for line in ranges_text("extensions", message.extension_range, (), inclusive_end=False):
            self.put(depth + 1, line)
        for enum in message.enum_type:
            self.enum(enum, depth + 1)
        for nested in message.nested_type:
            if not nested.options.map_entry:
                self.message(nested, full_name, depth + 1)
        open_oneof = None
        for field in message.field:
            oneof = field.oneof_index if field.HasField("oneof_index") else None
            if open_oneof is not None and oneof != open_oneof:
                self.put(depth + 1, "}")
            if oneof is not None and oneof != open_oneof:
                self.put(depth + 1, f"oneof {message.oneof_decl[oneof].name} {{")
            open_oneof = oneof
            self.field(field, maps, depth + (1 if oneof is None else 2))
        if open_oneof is not None:
            self.put(depth + 1, "}")
        self.put(depth, "}")

    def text(self):
        file = self.file
        if file.extension or file.service or file.weak_dependency:
            raise ValueError(f"{file.name}: needs syntax that this script does not write")
        self.put(0, "// Written by graphdef/proto/make_protos.py; do not edit.")
        self.put(0, f'syntax = "{"proto2" if self.proto2 else "proto3"}";')
        if file.package:
            self.put(0, "")
            self.put(0, f"package {file.package};")
        if file.dependency:
            self.put(0, "")
        for i, name in enumerate(file.dependency):
            self.put(0, f'import {"public " if i in file.public_dependency else ""}"{name}";')
        for enum in file.enum_type:
            self.put(0, "")
            self.enum(enum, 0)
        scope = f".{file.package}" if file.package else ""
        for message in file.message_type:
            self.put(0, "")
            self.message(message, scope, 0)
        return "\n".join(self.lines) + "\n"


def write_file(root, name, text):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as out:
        out.write(text)


def verify(texts, files):
    """What protoc makes of the texts is what the wheel has."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            write_file(folder, name, text)
        result = os.path.join(folder, "all.binpb")
        subprocess.run(["protoc", f"--proto_path={folder}", f"--descriptor_set_out={result}", *texts], check=True)
        with open(result, "rb") as source:
            read_back = descriptor_pb2.FileDescriptorSet.FromString(source.read())
    for file in read_back.file:
        if reduced(file) != files[file.name]:
            raise ValueError(f"{file.name}: what protoc reads differs from the wheel's descriptor")
    if len(read_back.file) != len(files):
        raise ValueError(f"protoc read {len(read_back.file)} of {len(files)} files")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check

    files = {name: reduced(file) for name, file in descriptors().items()}
    texts = {name: Writer(file).text() for name, file in files.items()}
    verify(texts, files)
    differing = 0
    for name, text in texts.items():
        if check:
            path = os.path.join(HERE, name)
            same = os.path.exists(path) and open(path, encoding="ascii").read() == text
            if not same:
                print(f"differs: {name}")
                differing += 1
        else:
            write_file(HERE, name, text)
            print(name)
    if check:
        print(f"{len(texts)} files, {differing} differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
