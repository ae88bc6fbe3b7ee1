package api

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"

	"github.com/gin-gonic/gin"
	"github.com/klauspost/compress/gzip"
)

// webFiles is the built map application. Only .keep is there before "make web".
//
//go:embed all:web/dist
var webFiles embed.FS

// notBuilt is shown instead of the map in a program built without it.
const notBuilt = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>hotcell</title>
<h1>web application not built: run <code>make web</code></h1>
<p>This program was built without the map. Run <code>make web</code> in the repository (it needs npm),
build hotcell again and restart it. The API works: see
<a href="/api/v1/hotspots">/api/v1/hotspots</a> and <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.</p>
</html>
`

// webApp holds every file of the application, compressed once at the start.
type webApp struct {
	index answer
	files map[string]answer // by path below assets/
}

func loadWebApp(files fs.FS) (webApp, error) {
	app := webApp{files: map[string]answer{}}
	index, err := fs.ReadFile(files, "web/dist/index.html")
	if errors.Is(err, fs.ErrNotExist) {
		app.index = answer{status: http.StatusServiceUnavailable, media: "text/html; charset=utf-8", body: []byte(notBuilt), cache: "no-store"}
		return app, nil
	}
	if err != nil {
		return app, fmt.Errorf("api: read the web application: %w", err)
	}
	if app.index, err = webFile("index.html", index); err != nil {
		return app, err
	}
	assets, err := fs.Sub(files, "web/dist/assets")
	if err != nil {
		return app, err
	}
	err = fs.WalkDir(assets, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(assets, name)
		if err != nil {
			return err
		}
		a, err := webFile(name, body)
		a.cache = "public, max-age=31536000, immutable" // the build puts a hash into each name
		app.files[name] = a
		return err
	})
	if err != nil {
		return app, fmt.Errorf("api: the web application is incomplete (run make web and build again): %w", err)
	}
	return app, nil
}

// media types that must not depend on what the machine's mime tables say.
var webTypes = map[string]string{
	".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8", ".svg": "image/svg+xml", ".json": typeJSON,
}

func webFile(name string, body []byte) (answer, error) {
	media, ok := webTypes[path.Ext(name)]
	if !ok {
		media = mime.TypeByExtension(path.Ext(name))
	}
	if media == "" {
		media = "application/octet-stream"
	}
	a := answer{media: media, body: body}
	if compressible(media) {
		gz, err := compress(body, gzip.DefaultCompression)
		if err != nil {
			return a, err
		}
		a.gz = gz
	}
	return a, nil
}

func (s *Server) webIndex(*gin.Context) (answer, error) { return s.web.index, nil }

func (s *Server) webAsset(c *gin.Context) (answer, error) {
	if a, ok := s.web.files[c.Param("file")[1:]]; ok {
		return a, nil
	}
	return answer{}, &Error{Code: CodeNotFound, Detail: "There is no such file in the web application. Reload the page."}
}
