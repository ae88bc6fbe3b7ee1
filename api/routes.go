package api

import (
	_ "embed"
	"fmt"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

//go:embed openapi.json
var openAPI []byte

func (s *Server) routes() *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	e.RedirectFixedPath = false
	e.ForwardedByClientIP = false // the log shows who connected, not what a header claims
	e.Use(s.observe, secure, s.recoverPanics, s.limit)

	get := func(path string, h handler) {
		e.GET(path, s.handle(h))
		e.HEAD(path, s.handle(h))
	}
	get("/api/v1/hotspots", s.listHotspots)
	get("/api/v1/hotspots/:id", s.oneHotspot)
	get("/api/v1/hotspots/:id/explanation", s.explainHotspot)
	get("/api/v1/warnings", s.warnings)
	get("/api/v1/cells", s.cells)
	get("/api/v1/map/regions", s.mapRegions)
	get("/api/v1/map/venues", s.mapVenues)
	get("/api/v1/openapi.json", s.openAPI)
	e.POST(recordsPath, s.handle(s.records))
	e.POST(ticketPath, s.tmf(s.createTicket))
	e.POST(listenerPath, s.tmf(s.hearTicket))
	e.GET(ticketPath, s.tmf(s.noTickets))
	e.GET(ticketPath+"/:id", s.tmf(s.noTickets))
	e.PATCH(ticketPath+"/:id", s.tmf(s.noTickets))
	e.DELETE(ticketPath+"/:id", s.tmf(s.noTickets))
	get("/healthz", s.healthz)
	get("/readyz", s.readyz)
	e.GET("/metrics", gin.WrapH(promhttp.HandlerFor(s.deps.Gatherer, promhttp.HandlerOpts{
		DisableCompression: true,
	})))
	get("/", s.webIndex)
	get("/assets/*file", s.webAsset)

	e.NoRoute(s.handle(func(c *gin.Context) (answer, error) {
		return answer{}, &Error{Code: CodeNotFound,
			Detail: fmt.Sprintf("There is nothing at %s. The routes are listed in /api/v1/openapi.json.", c.Request.URL.Path)}
	}))
	e.NoMethod(s.handle(func(c *gin.Context) (answer, error) {
		return answer{}, &Error{Code: CodeMethodNotAllowed,
			Detail: fmt.Sprintf("%s is not possible here; the header Allow says what is.", c.Request.Method)}
	}))
	return e
}

func (s *Server) openAPI(*gin.Context) (answer, error) {
	return answer{media: typeJSON, body: openAPI}, nil
}

type health struct {
	Status  string `json:"status"`
	Version string `json:"version"`
}

// healthz says that the process answers, whatever the store does.
func (s *Server) healthz(*gin.Context) (answer, error) {
	a, err := jsonAnswer(typeJSON, health{Status: "ok", Version: s.deps.Version})
	a.cache = "no-store"
	return a, err
}

// readyz says whether the store answers.
func (s *Server) readyz(c *gin.Context) (answer, error) {
	if err := s.deps.Ready.Ready(c.Request.Context()); err != nil {
		return answer{}, &Error{Code: CodeUnavailable, Err: err,
			Detail: "The store does not answer. The reason is in the server's log under this request id."}
	}
	a, err := jsonAnswer(typeJSON, health{Status: "ready", Version: s.deps.Version})
	a.cache = "no-store"
	return a, err
}
