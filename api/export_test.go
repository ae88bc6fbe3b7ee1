package api

import (
	"net/http"
	"slices"
	"strings"
)

// Routes lists the server's methods and paths as OpenAPI writes them, sorted.
func Routes(s *Server) []string {
	var out []string
	for _, r := range s.engine.Routes() {
		if r.Method == http.MethodHead {
			continue // said of all routes at once
		}
		parts := strings.Split(r.Path, "/")
		for i, p := range parts {
			if p != "" && (p[0] == ':' || p[0] == '*') {
				parts[i] = "{" + p[1:] + "}"
			}
		}
		out = append(out, strings.ToLower(r.Method)+" "+strings.Join(parts, "/"))
	}
	slices.Sort(out)
	return out
}
