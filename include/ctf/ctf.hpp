// The C API for C++17: handles that own what they refer to, statuses that are thrown. Header only.
//
//   ctf::Graph graph;
//   graph.import_file("model.pb");
//   ctf::Session session(graph);
//   std::vector<ctf::Tensor> got = session.run({{graph.output("x"), ctf::Tensor::of<float>({2}, {1, 2})}},
//                                              {graph.output("y")});
//
// Objects can be moved, not copied; one that has been moved from owns nothing. What fails throws ctf::Error. Threads:
// as the C functions below.
#ifndef CTF_CTF_HPP_
#define CTF_CTF_HPP_

#include <cstring>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "ctf/ctf.h"

namespace ctf {

class Error : public std::runtime_error {
 public:
  Error(TF_Code code, const std::string& message) : std::runtime_error(message), code_(code) {}
  TF_Code code() const noexcept { return code_; }

 private:
  TF_Code code_;
};

class Status {
 public:
  Status() : handle_(TF_NewStatus()) {
    if (handle_ == nullptr) throw std::bad_alloc();
  }
  ~Status() { TF_DeleteStatus(handle_); }
  Status(const Status&) = delete;
  Status& operator=(const Status&) = delete;

  TF_Status* get() const noexcept { return handle_; }
  void check() const {
    if (TF_GetCode(handle_) != TF_OK) throw Error(TF_GetCode(handle_), TF_Message(handle_));
  }

 private:
  TF_Status* handle_;
};

namespace detail {

template <typename T>
struct Delete;
#define CTF_HPP_DELETE(type, statement)                             \
  template <>                                                       \
  struct Delete<type> {                                             \
    void operator()(type* handle) const noexcept { statement; }     \
  }
CTF_HPP_DELETE(TF_Tensor, TF_DeleteTensor(handle));
CTF_HPP_DELETE(TF_Graph, TF_DeleteGraph(handle));
CTF_HPP_DELETE(TF_Session, TF_DeleteSession(handle, nullptr));
CTF_HPP_DELETE(TF_SessionOptions, TF_DeleteSessionOptions(handle));
CTF_HPP_DELETE(CTF_Cancellation, CTF_DeleteCancellation(handle));
#undef CTF_HPP_DELETE

template <typename T>
using Handle = std::unique_ptr<T, Delete<T>>;

template <typename T>
struct TypeOf;
#define CTF_HPP_TYPE(cpp_type, tf_type)            \
  template <>                                      \
  struct TypeOf<cpp_type> {                        \
    static constexpr TF_DataType value = tf_type;  \
  }
CTF_HPP_TYPE(float, TF_FLOAT);
CTF_HPP_TYPE(double, TF_DOUBLE);
CTF_HPP_TYPE(std::int8_t, TF_INT8);
CTF_HPP_TYPE(std::int16_t, TF_INT16);
CTF_HPP_TYPE(std::int32_t, TF_INT32);
CTF_HPP_TYPE(std::int64_t, TF_INT64);
CTF_HPP_TYPE(std::uint8_t, TF_UINT8);
CTF_HPP_TYPE(std::uint16_t, TF_UINT16);
CTF_HPP_TYPE(std::uint32_t, TF_UINT32);
CTF_HPP_TYPE(std::uint64_t, TF_UINT64);
CTF_HPP_TYPE(bool, TF_BOOL);
#undef CTF_HPP_TYPE

}  // namespace detail

class Tensor {
 public:
  Tensor() = default;
  explicit Tensor(TF_Tensor* owned) noexcept : handle_(owned) {}
  Tensor(TF_DataType type, const std::vector<std::int64_t>& dims, std::size_t bytes)
      : handle_(TF_AllocateTensor(type, dims.data(), static_cast<int>(dims.size()), bytes)) {
    if (handle_ == nullptr) throw Error(TF_RESOURCE_EXHAUSTED, "no such tensor can be made, or no memory is left for it");
  }

  // A copy of the values, of which there are as many as the dimensions say.
  template <typename T>
  static Tensor of(const std::vector<std::int64_t>& dims, std::initializer_list<T> values) {
    Tensor tensor(detail::TypeOf<T>::value, dims, values.size() * sizeof(T));
    if (static_cast<std::size_t>(tensor.size()) != values.size()) {
      throw Error(TF_INVALID_ARGUMENT, "as many values are wanted as the dimensions say");
    }
    std::size_t at = 0;
    for (const T& value : values) tensor.data<T>()[at++] = value;
    return tensor;
  }

  TF_Tensor* get() const noexcept { return handle_.get(); }
  TF_Tensor* release() noexcept { return handle_.release(); }
  TF_DataType type() const noexcept { return TF_TensorType(handle_.get()); }
  std::int64_t size() const noexcept { return TF_TensorElementCount(handle_.get()); }
  std::vector<std::int64_t> dims() const {
    std::vector<std::int64_t> dims;
    for (int i = 0; i < TF_NumDims(handle_.get()); ++i) dims.push_back(TF_Dim(handle_.get(), i));
    return dims;
  }
  // Throws unless the elements have this type.
  template <typename T>
  T* data() const {
    if (type() != detail::TypeOf<T>::value) throw Error(TF_INVALID_ARGUMENT, "the tensor has another type");
    return static_cast<T*>(TF_TensorData(handle_.get()));
  }

 private:
  detail::Handle<TF_Tensor> handle_;
};

class Graph {
 public:
  Graph() : handle_(TF_NewGraph()) {
    if (handle_ == nullptr) throw std::bad_alloc();
  }
  TF_Graph* get() const noexcept { return handle_.get(); }

  void import(const void* graph_def, std::size_t bytes) {
    Status status;
    TF_Buffer buffer{};
    buffer.data = graph_def;
    buffer.length = bytes;
    TF_GraphImportGraphDef(get(), &buffer, nullptr, status.get());
    status.check();
  }
  void import_file(const std::string& path) {
    Status status;
    CTF_GraphImportFile(get(), path.c_str(), nullptr, status.get());
    status.check();
  }
  TF_Operation* operation(const std::string& name) const {
    TF_Operation* found = TF_GraphOperationByName(get(), name.c_str());
    if (found == nullptr) throw Error(TF_NOT_FOUND, "the graph has no operation '" + name + "'");
    return found;
  }
  TF_Output output(const std::string& operation_name, int index = 0) const {
    return TF_Output{operation(operation_name), index};
  }

 private:
  detail::Handle<TF_Graph> handle_;
};

class SessionOptions {
 public:
  SessionOptions() : handle_(TF_NewSessionOptions()) {
    if (handle_ == nullptr) throw std::bad_alloc();
  }
  TF_SessionOptions* get() const noexcept { return handle_.get(); }
  SessionOptions& memory_limit(std::size_t bytes) {
    Status status;
    CTF_SessionOptionsSetMemoryLimit(get(), bytes, status.get());
    status.check();
    return *this;
  }
  SessionOptions& device(const std::string& name) {
    Status status;
    CTF_SessionOptionsSetDevice(get(), name.c_str(), status.get());
    status.check();
    return *this;
  }

 private:
  detail::Handle<TF_SessionOptions> handle_;
};

class Cancellation {
 public:
  Cancellation() {
    Status status;
    handle_.reset(CTF_NewCancellation(status.get()));
    status.check();
  }
  CTF_Cancellation* get() const noexcept { return handle_.get(); }
  void cancel(const std::string& reason) const { CTF_Cancel(get(), reason.c_str()); }

 private:
  detail::Handle<CTF_Cancellation> handle_;
};

struct Feed {
  TF_Output output;
  Tensor value;
};

class Session {
 public:
  explicit Session(const Graph& graph) { create(graph, nullptr); }
  Session(const Graph& graph, const SessionOptions& options) { create(graph, options.get()); }
  TF_Session* get() const noexcept { return handle_.get(); }

  std::vector<Tensor> run(const std::vector<Feed>& feeds, const std::vector<TF_Output>& fetches,
                          const std::vector<const TF_Operation*>& targets = {}, std::int64_t timeout_ms = 0,
                          const Cancellation* cancellation = nullptr) const {
    Status status;
    std::vector<TF_Output> outputs;
    std::vector<TF_Tensor*> values, got(fetches.size(), nullptr);
    for (const Feed& feed : feeds) {
      outputs.push_back(feed.output);
      values.push_back(feed.value.get());
    }
    CTF_RunRequest request{};
    request.struct_size = sizeof(request);
    request.feeds = outputs.data();
    request.feed_values = values.data();
    request.num_feeds = static_cast<int>(outputs.size());
    request.fetches = fetches.data();
    request.num_fetches = static_cast<int>(fetches.size());
    request.targets = targets.data();
    request.num_targets = static_cast<int>(targets.size());
    request.timeout_ms = timeout_ms;
    request.cancellation = cancellation != nullptr ? cancellation->get() : nullptr;
    std::vector<Tensor> results(fetches.size());  // before the run: nothing may throw between it and the handles
    CTF_SessionRun(get(), &request, got.data(), status.get());
    for (std::size_t i = 0; i < got.size(); ++i) results[i] = Tensor(got[i]);
    status.check();
    return results;
  }
  void close() const {
    Status status;
    TF_CloseSession(get(), status.get());
    status.check();
  }

 private:
  void create(const Graph& graph, const TF_SessionOptions* options) {
    Status status;
    handle_.reset(TF_NewSession(graph.get(), options, status.get()));
    status.check();
  }
  detail::Handle<TF_Session> handle_;
};

}  // namespace ctf

#endif  // CTF_CTF_HPP_
