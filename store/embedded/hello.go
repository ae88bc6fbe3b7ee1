package embedded

import (
	"fmt"

	chproto "github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/column"
	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"
)

// helloQuery is the driver's first query. It is answered without the engine, because the driver decodes this one answer as
// the newest revision of the protocol, which the engine's Native format does not write.
const helloQuery = "SELECT displayName(), version(), revision(), timezone()"

// greet asks the engine for its version and time zone and prepares the answer to helloQuery.
func (e *core) greet() error {
	var (
		block   proto.Block
		failure error
		zone    string
	)
	<-e.control.do(func() {
		var r *result
		r, failure = e.control.run("SELECT version(), timezone() FORMAT TSV", nil)
		defer r.destroy()
		if failure == nil {
			_, failure = fmt.Sscan(string(r.bytes()), &e.version, &zone)
		}
	})
	if failure != nil {
		return fmt.Errorf("the engine does not tell its version: %w", failure)
	}
	block.ServerContext = &column.ServerContext{}
	for _, c := range []struct {
		name string
		kind column.Type
	}{{"displayName()", "String"}, {"version()", "String"}, {"revision()", "UInt32"}, {"timezone()", "String"}} {
		if err := block.AddColumn(c.name, c.kind); err != nil {
			return err
		}
	}
	// Revision 0 makes the driver read all later blocks as plain Native.
	if err := block.Append("hotcell", e.version, uint32(0), zone); err != nil {
		return err
	}
	var buffer chproto.Buffer
	if err := block.Encode(&buffer, clickhouse.ClientTCPProtocolVersion); err != nil {
		return err
	}
	e.hello = buffer.Buf
	return nil
}
