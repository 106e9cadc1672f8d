// usb_out_buffer - one packet from the host on its way to a byte stream
//
// Bytes are written while the buffer is free and count only with commit, which gives their number. Then
// free is low until all of them have gone out on m_*, one every two cycles.

`default_nettype none

module usb_out_buffer (
    input  wire       clk,
    input  wire       rst,
    input  wire       write,
    input  wire [6:0] index,
    input  wire [7:0] data,
    input  wire       commit,
    input  wire [6:0] length,
    output wire       free,
    output wire [7:0] m_data,
    output wire       m_valid,
    input  wire       m_ready
);

    reg [7:0] memory [0:127];
    reg [7:0] data_q;
    reg [6:0] next_q;
    reg [6:0] left_q;
    reg       valid_q;

    assign free = left_q == 7'd0 && !valid_q;
    assign m_data = data_q;
    assign m_valid = valid_q;

    always @(posedge clk) begin
        if (write) memory[index] <= data;
        if (!valid_q) data_q <= memory[next_q];
    end

    always @(posedge clk) begin
        if (valid_q) begin
            if (m_ready) valid_q <= 1'b0;
        end else if (left_q != 7'd0) begin
            valid_q <= 1'b1;
            next_q <= next_q + 7'd1;
            left_q <= left_q - 7'd1;
        end
        if (commit) begin
            left_q <= length;
            next_q <= 7'd0;
        end
        if (rst) begin
            left_q <= 7'd0;
            valid_q <= 1'b0;
        end
    end

`ifdef FORMAL
    // Whichever byte is watched, what was written to it last is in it.
    (* anyconst *) reg [6:0] watched;
    reg       known_q = 1'b0;
    reg [7:0] kept_q;

    always @(posedge clk)
        if (write && index == watched) begin
            known_q <= 1'b1;
            kept_q <= data;
        end

    always @* if (known_q) assert (memory[watched] == kept_q);
`endif

endmodule

`default_nettype wire
