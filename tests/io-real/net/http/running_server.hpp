// An HttpServer on a thread of its own, and what it reports.
#pragma once

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <variant>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "io-real/net/http/http_server.hpp"
#include "tests/io-real/answers.hpp"

namespace tests {

class RunningServer {
 public:
  using Limits = io_real::net::http::HttpLimits;
  /// With `handler`, requests are answered by it on the server's thread; otherwise they are left to next().
  using Handler = std::function<core::world::ApiAnswered(const core::world::ApiRequested&)>;

  explicit RunningServer(Limits limits = {}, Handler handler = {}) : handler_(std::move(handler)) {
    const core::Address loopback{std::string("\x7f\0\0\1", 4), 0};
    auto opened = io_real::net::http::HttpServer::open(
        context_, {{loopback, loopback}, limits}, [this](core::world::Event event) { reported(std::move(event)); });
    if (!opened) throw std::runtime_error(opened.error());
    server_ = std::move(*opened);
    address = server_->addresses().front();
    second_address = server_->addresses().back();
    server_->start();
    thread_ = std::thread([this] { context_.run(); });
  }
  ~RunningServer() {
    boost::asio::post(context_, [this] { context_.stop(); });
    thread_.join();
  }

  template <class E>
  E next() {
    const auto event = answers_.next();
    if (event)
      if (const auto* expected = std::get_if<E>(&*event)) return *expected;
    ADD_FAILURE() << (event ? "something else was reported" : "nothing was reported");
    return {};
  }
  template <class Effect>
  void carry_out(Effect effect) {
    boost::asio::post(context_,
                      [this, effect = std::move(effect)]() mutable { server_->carry_out(std::move(effect)); });
  }
  void stop() {
    boost::asio::post(context_, [this] { server_->stop(); });
  }

  core::Address address;
  core::Address second_address;

 private:
  void reported(core::world::Event event) {
    const auto* asked = std::get_if<core::world::ApiRequested>(&event);
    if (!handler_ || !asked) return answers_.push(std::move(event));
    boost::asio::post(context_, [this, answer = handler_(*asked)]() mutable { server_->carry_out(std::move(answer)); });
  }

  Handler handler_;
  Answers answers_;
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ =
      boost::asio::make_work_guard(context_);
  std::unique_ptr<io_real::net::http::HttpServer> server_;
  std::thread thread_;
};

}  // namespace tests
