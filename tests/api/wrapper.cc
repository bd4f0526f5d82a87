// The C++ wrapper on a small graph: prints what it finds, for wrapper.sh.
#include <iostream>

#include "ctf/ctf.hpp"

static TF_Operation* add_placeholder(const ctf::Graph& graph, const char* name) {
  ctf::Status status;
  TF_OperationDescription* desc = TF_NewOperation(graph.get(), "Placeholder", name);
  TF_SetAttrType(desc, "dtype", TF_FLOAT);
  TF_Operation* made = TF_FinishOperation(desc, status.get());
  status.check();
  return made;
}

int main() {
  ctf::Graph graph;
  TF_Operation* x = add_placeholder(graph, "x");
  ctf::Status status;
  TF_OperationDescription* desc = TF_NewOperation(graph.get(), "AddV2", "y");
  TF_AddInput(desc, TF_Output{x, 0});
  TF_AddInput(desc, TF_Output{x, 0});
  TF_FinishOperation(desc, status.get());
  status.check();

  ctf::Session session(graph, ctf::SessionOptions().memory_limit(1 << 20).device("cpu"));
  std::vector<ctf::Feed> feeds;
  feeds.push_back({graph.output("x"), ctf::Tensor::of<float>({2}, {1, 2})});
  const std::vector<ctf::Tensor> got = session.run(feeds, {graph.output("y")});
  const ctf::Tensor moved = ctf::Tensor::of<std::int64_t>({}, {7});
  std::cout << got[0].data<float>()[0] << " " << got[0].data<float>()[1] << " " << got[0].dims().size() << " "
            << *moved.data<std::int64_t>() << "\n";
  ctf::Cancellation cancellation;
  cancellation.cancel("enough");
  int caught = 0;
  try {
    session.run(feeds, {graph.output("y")}, {}, 0, &cancellation);
  } catch (const ctf::Error& error) {
    caught += error.code() == TF_CANCELLED && std::string(error.what()) == "enough";
  }
  try {
    graph.output("nothing");
  } catch (const ctf::Error& error) {
    caught += error.code() == TF_NOT_FOUND;
  }
  try {
    got[0].data<double>();
  } catch (const ctf::Error& error) {
    caught += error.code() == TF_INVALID_ARGUMENT;
  }
  session.close();
  try {
    session.run(feeds, {graph.output("y")});
  } catch (const ctf::Error& error) {
    caught += error.code() == TF_CANCELLED;
  }
  std::cout << caught << "\n";
  return 0;
}
