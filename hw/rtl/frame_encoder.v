// frame_encoder - a payload to bytes of the line (RFC 1662: flag 0x7E, escape 0x7D, FCS-32)
//
// Sends a flag, the payload, its FCS least significant byte first, and a flag; 0x7D and 0x7E within
// become 0x7D and the byte XOR 0x20. The byte marked s_last ends the payload, which has one byte at
// least. Relies on s_* to keep the stream rules.
//
// A byte in three cycles while m_ready, in four if escaped; a frame costs 18 cycles on top, and the
// first byte goes out one cycle after it came.

`default_nettype none
`include "protocol.vh"

module frame_encoder (
    input  wire       clk,
    input  wire       rst,
    input  wire [7:0] s_data,
    input  wire       s_valid,
    output wire       s_ready,
    input  wire       s_last,
    output wire [7:0] m_data,
    output wire       m_valid,
    input  wire       m_ready
);

    localparam [2:0] IDLE = 3'd0;      // waits for the first byte of a payload
    localparam [2:0] OPEN = 3'd1;      // sends the first flag
    localparam [2:0] PAYLOAD = 3'd2;   // sends byte_q, takes the next
    localparam [2:0] LOAD_FCS = 3'd3;  // moves a byte of the FCS to byte_q
    localparam [2:0] FCS = 3'd4;       // sends it
    localparam [2:0] CLOSE = 3'd5;     // sends the last flag

    reg [2:0]  state_q;
    reg        ready_q;    // IDLE, or PAYLOAD without a byte that is not the last
    reg        valid_q;    // a byte is offered: a flag, or what byte_q says
    reg [7:0]  byte_q;     // being sent
    reg        fresh_q;    // it came in the last cycle
    reg        escape;     // it is to be escaped, and the escape is not out
    reg        last_q;     // byte_q is the last of the payload
    reg        escaped_q;  // the escape before byte_q is out
    reg [1:0]  fcs_q;      // byte of the FCS
    reg [31:0] crc_q;

    function special(input [7:0] value);
        special = value == `FLAG_BYTE || value == `ESCAPE_BYTE;
    endfunction

    wire flag = state_q == OPEN || state_q == CLOSE;
    wire sent = valid_q && !flag && m_ready && !escape;  // byte_q is through

    assign m_valid = valid_q;
    assign m_data = flag   ? `FLAG_BYTE :
                    escape ? `ESCAPE_BYTE : byte_q ^ (escaped_q ? 8'd`ESCAPE_XOR : 8'd0);
    assign s_ready = ready_q;

    wire        take = s_valid && s_ready;
    wire [31:0] crc_d;

    crc32_byte u_crc32_byte (
        .crc (crc_q),
        .data(byte_q),
        .next(crc_d)
    );

    always @(posedge clk) begin
        fresh_q <= take || state_q == LOAD_FCS;
        if (fresh_q) escape <= special(byte_q);
        if (take || sent || (state_q == CLOSE && m_ready)) ready_q <= !take && (sent ? state_q == PAYLOAD && !last_q : 1'b1);
        if (fresh_q || (take && state_q == IDLE)) valid_q <= 1'b1;
        else if ((sent && !(state_q == FCS && fcs_q == 2'd3)) || (state_q == CLOSE && m_ready)) valid_q <= 1'b0;
        if (valid_q && !flag && m_ready) begin
            escaped_q <= escape;
            escape <= 1'b0;
        end
        if (sent) crc_q <= crc_d;
        if (take) begin
            byte_q <= s_data;
            last_q <= s_last;
        end
        case (state_q)
            IDLE: begin
                crc_q <= 32'hFFFFFFFF;
                fcs_q <= 2'd0;
                if (take) state_q <= OPEN;
            end
            OPEN: if (m_ready) state_q <= PAYLOAD;
            PAYLOAD: if (sent && last_q) state_q <= LOAD_FCS;
            LOAD_FCS: begin
                byte_q <= ~crc_q[7:0];
                crc_q <= {8'd0, crc_q[31:8]};
                state_q <= FCS;
            end
            FCS:
            if (sent) begin
                crc_q <= crc_q;
                fcs_q <= fcs_q + 2'd1;
                state_q <= fcs_q == 2'd3 ? CLOSE : LOAD_FCS;
            end
            CLOSE: if (m_ready) state_q <= IDLE;
            default: state_q <= IDLE;
        endcase
        if (rst) begin
            state_q <= IDLE;
            ready_q <= 1'b1;
            valid_q <= 1'b0;
            fresh_q <= 1'b0;
            escaped_q <= 1'b0;
        end
    end

`ifdef FORMAL
    stream_rules #(
        .DATA_W(9),
        .ASSUME(1)
    ) s_rules (
        .clk  (clk),
        .rst  (rst),
        .data ({s_last, s_data}),
        .valid(s_valid),
        .ready(s_ready)
    );
    stream_rules m_rules (
        .clk  (clk),
        .rst  (rst),
        .data (m_data),
        .valid(m_valid),
        .ready(m_ready)
    );

    wire full = state_q == OPEN || (state_q == PAYLOAD && !ready_q);  // byte_q holds something

    reg started_q = 1'b0;
    reg inside_q;  // between the flags of a frame
    reg stuffed_q; // the last byte out was an escape
    always @(posedge clk) begin
        started_q <= 1'b1;
        if (rst) begin
            inside_q  <= 1'b0;
            stuffed_q <= 1'b0;
        end else if (m_valid && m_ready) begin
            if (m_data == `FLAG_BYTE) inside_q <= !inside_q;
            stuffed_q <= m_data == `ESCAPE_BYTE;
        end
    end

    always @* begin
        if (!started_q) assume (rst);
        if (started_q) begin
            assert (inside_q == (state_q != IDLE && state_q != OPEN));
            assert (stuffed_q == escaped_q);
            if (ready_q) assert (state_q == IDLE || (state_q == PAYLOAD && !last_q));
            if (state_q == IDLE) assert (ready_q);
            assert (valid_q == (flag || (((state_q == PAYLOAD && full) || state_q == FCS) && !fresh_q)));
            if (fresh_q) assert (state_q == OPEN || (state_q == PAYLOAD && full) || state_q == FCS);
            if ((full || state_q == FCS) && !fresh_q) assert (special(byte_q) == (escape || escaped_q));
            if (fresh_q) assert (!escaped_q);
            if (full) assert (state_q == OPEN || state_q == PAYLOAD);
            if (state_q == OPEN) assert (full);
            if (escaped_q) assert (!escape && (state_q == FCS || (state_q == PAYLOAD && full)));
            if (m_valid && !inside_q) assert (m_data == `FLAG_BYTE);
            if (m_valid && stuffed_q) assert (m_data == 8'h5D || m_data == 8'h5E);
            assert (state_q <= CLOSE);
        end
    end
`endif

endmodule

`default_nettype wire
