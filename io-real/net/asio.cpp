// Asio's own code, compiled once (BOOST_ASIO_SEPARATE_COMPILATION): whoever includes its headers links this.
#include <boost/asio/impl/src.hpp>
