// tensorflow/c/tf_tstring.h and runtime/tstring.c: every change between the kinds of strings, against a plain copy.
#include "tests/support/fault.h"

#include <stdlib.h>

#include "runtime/tstring.h"

static const size_t kSizes[] = {0, 1, 21, 22, 23, 24, 31, 32, 100, 5000};
#define NUM_SIZES (sizeof(kSizes) / sizeof(kSizes[0]))

static char text[10001];  // of letters
static int num_owners;    // references to the owner of views

static int make_text(void** state) {
  (void)state;
  for (size_t i = 0; i < sizeof(text) - 1; ++i) text[i] = (char)('a' + i * 7 % 26);
  return 0;
}

static void owner_ref(TStringOwnerCApi* self) { num_owners += self->obj == text; }

static bool owner_unref(TStringOwnerCApi* self) {
  num_owners -= self->obj == text;
  return num_owners == 0;
}

static TStringOwnerCApi owner = {owner_ref, owner_unref, text};

typedef enum string_kind { KIND_OWNED, KIND_VIEW, KIND_OWNED_VIEW, KIND_OFFSET, NUM_KINDS } string_kind;

typedef struct string_at_offset {
  TF_TString string;
  char text[5000];
} string_at_offset;

// A string of a kind that holds the first `size` letters.
static void make(string_at_offset* made, string_kind kind, size_t size) {
  TF_TString_Init(&made->string);
  memcpy(made->text, text, size);
  switch (kind) {
    case KIND_OWNED:
      TF_TString_Copy(&made->string, text, size);
      break;
    case KIND_VIEW:
      TF_TString_AssignView(&made->string, text, size);
      break;
    case KIND_OWNED_VIEW:
      TF_TString_AssignViewWithOwner(&made->string, text, size, &owner);
      break;
    case KIND_OFFSET:
      made->string.u.offset.size = (uint32_t)(size << 2 | TF_TSTR_OFFSET);
      made->string.u.offset.offset = offsetof(string_at_offset, text);
      break;
    case NUM_KINDS:
      break;
  }
}

static void check_text(const TF_TString* string, size_t size) {
  assert_int_equal(TF_TString_GetSize(string), size);
  assert_memory_equal(TF_TString_GetDataPointer(string), text, size);
  const TF_TString_Type type = TF_TString_GetType(string);
  if (type == TF_TSTR_SMALL || type == TF_TSTR_LARGE) {
    assert_int_equal(TF_TString_GetDataPointer(string)[size], '\0');
    assert_true(TF_TString_GetCapacity(string) >= size);
  } else {
    assert_int_equal(TF_TString_GetCapacity(string), 0);
  }
  if (type == TF_TSTR_LARGE) assert_int_equal((TF_TString_GetCapacity(string) + 1) % 16, 0);
}

// The bytes as TensorFlow's own code lays them out on this machine.
static void layout(void** state) {
  (void)state;
  TF_TString string;
  TF_TString_Init(&string);
  TF_TString_Copy(&string, "abc", 3);
  static const unsigned char kSmall[24] = {3 << 2, 'a', 'b', 'c'};
  assert_memory_equal(&string, kSmall, 24);
  TF_TString_Copy(&string, text, 23);
  size_t words[3];
  memcpy(words, &string, 24);
  assert_int_equal(words[0], 23 << 2 | 1);
  assert_int_equal(words[1], 31);
  assert_ptr_equal((void*)words[2], TF_TString_GetDataPointer(&string));
  TF_TString_Dealloc(&string);
  TF_TString_AssignView(&string, text, 5);
  memcpy(words, &string, 24);
  assert_int_equal(words[0], 5 << 2 | 3);
  assert_ptr_equal((void*)words[1], text);
  assert_int_equal(words[2], 0);
}

static void every_change(void** state) {
  (void)state;
  for (int kind = 0; kind < NUM_KINDS; ++kind) {
    for (size_t i = 0; i < NUM_SIZES; ++i) {
      string_at_offset a, b;
      make(&a, (string_kind)kind, kSizes[i]);
      check_text(&a.string, kSizes[i]);
      for (size_t j = 0; j < NUM_SIZES; ++j) {
        const size_t size = kSizes[j], kept = size < kSizes[i] ? size : kSizes[i];
        make(&b, (string_kind)kind, kSizes[i]);
        assert_non_null(TF_TString_Resize(&b.string, size, '!'));
        assert_int_equal(TF_TString_GetSize(&b.string), size);
        assert_memory_equal(TF_TString_GetDataPointer(&b.string), text, kept);
        for (size_t k = kept; k < size; ++k) assert_int_equal(TF_TString_GetDataPointer(&b.string)[k], '!');
        TF_TString_Copy(&b.string, text, kSizes[i]);
        check_text(&b.string, kSizes[i]);
        TF_TString_AppendN(&b.string, text + kSizes[i], size);
        check_text(&b.string, kSizes[i] + size);
        TF_TString_Reserve(&b.string, size);
        check_text(&b.string, kSizes[i] + size);
        TF_TString_Dealloc(&b.string);

        make(&b, (string_kind)kind, size);
        TF_TString_Assign(&b.string, &a.string);
        check_text(&b.string, kSizes[i]);
        TF_TString_Dealloc(&b.string);
        make(&b, (string_kind)kind, size);
        TF_TString_Move(&b.string, &a.string);
        check_text(&b.string, kSizes[i]);
        assert_int_equal(TF_TString_GetSize(&a.string), 0);
        TF_TString_Dealloc(&b.string);
        make(&a, (string_kind)kind, kSizes[i]);
      }
      char* own = TF_TString_GetMutableDataPointer(&a.string);
      assert_ptr_equal(own, TF_TString_GetDataPointer(&a.string));
      assert_true(TF_TString_GetType(&a.string) == TF_TSTR_SMALL || TF_TString_GetType(&a.string) == TF_TSTR_LARGE);
      check_text(&a.string, kSizes[i]);
      TF_TString_Dealloc(&a.string);
      assert_int_equal(num_owners, 0);
    }
  }
}

static void appending_is_linear(void** state) {
  (void)state;
  TF_TString string;
  TF_TString_Init(&string);
  int num_growths = 0;
  for (size_t i = 0; i < 10000; ++i) {
    const size_t before = TF_TString_GetCapacity(&string);
    TF_TString_AppendN(&string, text + i, 1);
    num_growths += TF_TString_GetCapacity(&string) != before;
  }
  check_text(&string, 10000);
  assert_true(num_growths < 12);
  TF_TString_Resize(&string, 100, 'x');
  check_text(&string, 100);
  assert_true(TF_TString_GetCapacity(&string) < 5000);
  TF_TString other;
  TF_TString_Init(&other);
  TF_TString_Append(&other, &string);
  check_text(&other, 100);
  TF_TString_Dealloc(&other);
  TF_TString_Dealloc(&string);
}

static void impossible_sizes_change_nothing(void** state) {
  (void)state;
  TF_TString string;
  TF_TString_Init(&string);
  TF_TString_Copy(&string, text, 40);
  assert_null(TF_TString_ResizeUninitialized(&string, SIZE_MAX));
  assert_null(TF_TString_Resize(&string, SIZE_MAX / 4, 'x'));
  TF_TString_Reserve(&string, SIZE_MAX - 1);
  check_text(&string, 40);
  assert_false(ctf_tstring_set(&string, text, SIZE_MAX / 4));
  check_text(&string, 40);
  TF_TString_Dealloc(&string);
}

static void the_librarys_own(void** state) {
  (void)state;
  for (int kind = 0; kind < NUM_KINDS; ++kind) {
    for (size_t i = 0; i < NUM_SIZES; ++i) {
      for (size_t j = 0; j < NUM_SIZES; ++j) {
        string_at_offset made;
        make(&made, (string_kind)kind, kSizes[i]);
        TF_StringCopy(&made.string, text, kSizes[j]);
        check_text(&made.string, kSizes[j]);
        assert_int_equal(ctf_tstring_owned_bytes(&made.string), ctf_tstring_payload_bytes(kSizes[j]));
        assert_int_equal(TF_StringGetSize(&made.string), kSizes[j]);
        assert_int_equal(TF_StringGetType(&made.string), kSizes[j] > 22 ? TF_TSTR_LARGE : TF_TSTR_SMALL);
        assert_int_equal(TF_StringGetCapacity(&made.string), kSizes[j] > 22 ? (kSizes[j] | 15) : 22);
        assert_ptr_equal(TF_StringGetDataPointer(&made.string), TF_TString_GetDataPointer(&made.string));
        // What the library has made, the client's functions free, and the other way round.
        if (j % 2 == 0) TF_TString_Dealloc(&made.string);
        TF_StringDealloc(&made.string);
        TF_StringAssignView(&made.string, text, 3);
        check_text(&made.string, 3);
        assert_int_equal(num_owners, 0);
      }
    }
  }
  TF_TString string;
  memset(&string, 0xff, sizeof(string));
  TF_StringInit(&string);
  check_text(&string, 0);
  assert_true(ctf_tstring_set(&string, text, 100));
  assert_true(ctf_tstring_set(&string, TF_TString_GetDataPointer(&string), 50));  // its own text
  check_text(&string, 50);
  ctf_memory_fail_nth(1, true);
  assert_false(ctf_tstring_set(&string, text + 1, 23));
  TF_StringCopy(&string, text + 1, 23);
  ctf_memory_fail_nth(0, false);
  check_text(&string, 50);
  ctf_tstring_clear(&string);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(layout),
      cmocka_unit_test(every_change),
      cmocka_unit_test(appending_is_linear),
      cmocka_unit_test(impossible_sizes_change_nothing),
      cmocka_unit_test(the_librarys_own),
  };
  return cmocka_run_group_tests(tests, make_text, NULL);
}
