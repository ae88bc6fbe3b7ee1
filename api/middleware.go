package api

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
)

const requestIDKey = "hotcell.request_id"

func requestID(c *gin.Context) string { return c.GetString(requestIDKey) }

// metrics are per route template, so that their number stays small.
type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) (metrics, error) {
	m := metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hotcell_http_requests_total", Help: "Requests answered.",
		}, []string{"route", "method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hotcell_http_request_duration_seconds", Help: "Time to answer a request.",
			Buckets: []float64{.001, .005, .02, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"route", "method"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "hotcell_http_requests_in_flight", Help: "Requests being answered now.",
		}),
	}
	for _, c := range []prometheus.Collector{m.requests, m.duration, m.inFlight} {
		if err := reg.Register(c); err != nil {
			return m, fmt.Errorf("api: register metrics: %w", err)
		}
	}
	return m, nil
}

// observe counts, times and logs each request, and gives it its id.
func (s *Server) observe(c *gin.Context) {
	start := time.Now()
	id := rand.Text()[:12]
	c.Set(requestIDKey, id)
	c.Header("X-Request-Id", id)
	s.metrics.inFlight.Inc()
	defer func() {
		s.metrics.inFlight.Dec()
		took := time.Since(start)
		route := c.FullPath()
		if route == "" {
			route = "other"
		}
		method := c.Request.Method
		if method != http.MethodGet && method != http.MethodHead && method != http.MethodPost {
			method = "other" // any text is a method to net/http; labels must stay few
		}
		status := c.Writer.Status()
		s.metrics.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
		s.metrics.duration.WithLabelValues(route, method).Observe(took.Seconds())
		level := slog.LevelInfo
		if route == "/healthz" || route == "/readyz" || route == "/metrics" {
			level = slog.LevelDebug // asked every few seconds by machines
		}
		s.deps.Log.Log(c.Request.Context(), level, "request",
			"request_id", id, "method", c.Request.Method, "path", c.Request.URL.Path, "query", c.Request.URL.RawQuery,
			"status", status, "bytes", max(c.Writer.Size(), 0), "duration", took, "client", c.RemoteIP())
	}()
	c.Next()
}

// recoverPanics turns a panic into a problem; the stack goes to the log.
func (s *Server) recoverPanics(c *gin.Context) {
	defer func() {
		if r := recover(); r != nil {
			s.deps.Log.Error("panic", "request_id", requestID(c), "panic", r, "stack", string(debug.Stack()))
			writeProblem(c, s.deps.Log, fmt.Errorf("panic: %v", r))
		}
	}()
	c.Next()
}

// contentPolicy lets the page load from this server only. MapLibre draws glyphs
// and icons locally and starts its worker from a file of the bundle.
const contentPolicy = "default-src 'self'; img-src 'self' data: blob:; worker-src 'self' blob:; " +
	"object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func secure(c *gin.Context) {
	c.Header("Content-Security-Policy", contentPolicy)
	c.Header("X-Content-Type-Options", "nosniff")
	c.Header("X-Frame-Options", "DENY")
	c.Header("Referrer-Policy", "no-referrer")
	c.Header("Cross-Origin-Opener-Policy", "same-origin")
	c.Header("Cross-Origin-Resource-Policy", "same-origin")
	c.Header("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	c.Next()
}

// limit bounds size and time of a request.
func (s *Server) limit(c *gin.Context) {
	if n := len(c.Request.URL.RequestURI()); n > s.cfg.MaxURLBytes {
		writeProblem(c, s.deps.Log, &Error{Code: CodeURITooLong,
			Detail: fmt.Sprintf("Path and query are %d bytes long; the most is %d.", n, s.cfg.MaxURLBytes)})
		return
	}
	most, timeout := s.cfg.MaxBodyBytes, s.cfg.RequestTimeout
	tooLarge := &Error{Code: CodeTooLarge,
		Detail: fmt.Sprintf("The body is %d bytes long; the most is %d.", c.Request.ContentLength, most)}
	if c.FullPath() == recordsPath && c.Request.Method == http.MethodPost {
		most, timeout, tooLarge = s.cfg.MaxLoadBytes, s.cfg.LoadTimeout, s.bodyTooLarge()
	}
	if c.Request.ContentLength > most {
		writeProblem(c, s.deps.Log, tooLarge)
		return
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, most)
	ctx, cancel := context.WithTimeout(c.Request.Context(), timeout)
	defer cancel()
	c.Request = c.Request.WithContext(ctx)
	c.Next()
}
