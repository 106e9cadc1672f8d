// frame_decoder - bytes of the line to frames (RFC 1662: flag 0x7E, escape 0x7D, FCS-32)
//
// A beat with m_last = 0 carries one unescaped byte of a frame, its four FCS bytes included. A beat
// with m_last = 1 carries no byte, only the verdict m_good on the frame that ends: FCS right, at
// least 6 bytes, not aborted by 0x7D 0x7E. Two flags in a row are no frame and give no beat; bytes
// before the first flag are ignored; whatever came before, the next flag starts afresh.
//
// Takes a byte in two cycles: in the first it is looked at, in the second it counts. Its beat, if any,
// is offered after that. While a beat waits for m_ready no byte is taken.

`default_nettype none
`include "protocol.vh"

module frame_decoder (
    input  wire       clk,
    input  wire       rst,
    input  wire [7:0] s_data,
    input  wire       s_valid,
    output wire       s_ready,
    output wire [7:0] m_data,
    output wire       m_valid,
    input  wire       m_ready,
    output wire       m_last,
    output wire       m_good   // with m_last; otherwise 0
);

    localparam [31:0] RESIDUE = 32'hDEBB20E3;  // of a frame that ends in its own FCS
    localparam [2:0] SHORTEST = 3'd6;          // opcode, sequence, FCS

    reg        synced_q;   // a flag has been seen
    reg        escape_q;   // the last byte was an escape
    reg        flag_q;     // the byte taken in the last cycle is a flag,
    reg        plain_q;    // or one of the frame
    reg        aborted_q;  // an escape came before it
    reg [2:0]  length_q;   // bytes of this frame so far, up to SHORTEST
    reg [31:0] crc_q;
    reg [7:0]  data_q;
    reg        valid_q;
    reg        last_q;
    reg        good_q;

    assign s_ready = !flag_q && !plain_q && (!valid_q || m_ready);
    assign m_data = data_q;
    assign m_valid = valid_q;
    assign m_last = last_q;
    assign m_good = good_q;

    wire        take = s_valid && s_ready;
    wire        flag = s_data == `FLAG_BYTE;
    wire        escape = s_data == `ESCAPE_BYTE && !escape_q;
    wire [7:0]  unescaped = s_data ^ (escape_q ? 8'd`ESCAPE_XOR : 8'd0);
    wire        begun = aborted_q || length_q != 3'd0;
    wire [31:0] crc_d;

    crc32_byte u_crc32_byte (
        .crc (crc_q),
        .data(data_q),
        .next(crc_d)
    );

    always @(posedge clk) begin
        flag_q <= take && flag && !rst;
        plain_q <= take && !flag && !escape && !rst;
        if (take) begin
            data_q <= unescaped;
            escape_q <= !flag && escape;
            aborted_q <= escape_q;
        end
        if (plain_q) begin
            length_q <= length_q + (length_q == SHORTEST ? 3'd0 : 3'd1);
            crc_q <= crc_d;
        end
        if (flag_q) begin
            synced_q <= 1'b1;
            length_q <= 3'd0;
            crc_q <= 32'hFFFFFFFF;
        end
        if (m_ready || !valid_q) begin
            valid_q <= synced_q && (flag_q ? begun : plain_q);
            last_q <= flag_q;
            good_q <= flag_q && !aborted_q && length_q == SHORTEST && crc_q == RESIDUE;
        end
        if (rst) begin
            synced_q <= 1'b0;
            escape_q <= 1'b0;
            length_q <= 3'd0;
            valid_q <= 1'b0;
        end
    end

`ifdef FORMAL
    stream_rules #(
        .DATA_W(10)
    ) m_rules (
        .clk  (clk),
        .rst  (rst),
        .data ({m_last, m_good, m_data}),
        .valid(m_valid),
        .ready(m_ready)
    );

    reg open_q;  // bytes of a frame went out, its verdict did not
    reg fresh_q = 1'b0;  // a flag has just counted
    reg started_q = 1'b0;
    reg beat_q = 1'b0;
    always @(posedge clk) begin
        started_q <= 1'b1;
        beat_q <= m_valid && m_ready && !rst;
        fresh_q <= flag_q && !rst;
        if (rst) open_q <= 1'b0;
        else if (m_valid && m_ready) open_q <= !m_last;
    end

    always @* begin
        if (!started_q) assume (rst);
        // All that is remembered of what came before a flag: nothing.
        if (fresh_q) assert (synced_q && !escape_q && length_q == 3'd0 && crc_q == 32'hFFFFFFFF);
        if (started_q && m_valid) begin
            if (m_good) assert (m_last);
            if (m_good) assert (open_q);  // a good frame has had bytes
        end
        // What ties the two sides together (needed by the induction).
        if (started_q && length_q != 3'd0 && !m_valid) assert (!synced_q || open_q);
        if (started_q && m_valid && !m_last) assert (synced_q && length_q != 3'd0);
        if (started_q && m_valid && m_last) assert (length_q == 3'd0);
        if (started_q && beat_q) assert (!m_valid);  // beats are apart
        if (started_q && !synced_q) assert (!m_valid);
        if (started_q) assert (length_q <= SHORTEST && !(flag_q && plain_q) && !(m_valid && (flag_q || plain_q)));
    end
`endif

endmodule

`default_nettype wire
