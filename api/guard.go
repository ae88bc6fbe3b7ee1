package api

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// guard decides whether a request may change the store. There are no users yet, so
// it is the address that decides: who reaches a loopback address works on this
// machine. A web page open in a browser there reaches it too, and must not.
func (s *Server) guard(r *http.Request) error {
	if s.deps.Intake == nil {
		return &Error{Code: CodeForbidden, Detail: "This server takes no records."}
	}
	local := loopback(hostOf(s.cfg.Listen))
	if !local && !s.cfg.AllowLoad {
		return &Error{Code: CodeForbidden,
			Detail: "This server can be reached from other machines and knows no users yet, so it takes no records. Let it listen on 127.0.0.1, or set serve.allow_load where the network in front of it decides who may send."}
	}
	// A page of another site cannot choose the Host header, but its owner can let
	// his name point to this machine (DNS rebinding). Addresses cannot be pointed.
	host := hostOf(r.Host)
	_, notAddress := netip.ParseAddr(host)
	if loopback(host) || (!local && notAddress == nil) ||
		slices.ContainsFunc(s.cfg.Hosts, func(h string) bool { return strings.EqualFold(h, host) }) {
		if err := s.crossOrigin.Check(r); err != nil {
			return &Error{Code: CodeForbidden, Err: err, Detail: "Web pages of other sites may not send records here."}
		}
		return nil
	}
	return &Error{Code: CodeForbidden, Parameter: "Host",
		Detail: fmt.Sprintf("This server does not go by the name %q. Use its address, or list the name in serve.hosts.", host)}
}

// hostOf takes the port off, and the brackets of IPv6 addresses.
func hostOf(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return strings.Trim(address, "[]")
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}
