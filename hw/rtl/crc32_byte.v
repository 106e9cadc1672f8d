// crc32_byte - one byte of CRC-32, combinational
//
//   next = the register after the eight bits of data, least significant first
//
// Reflected polynomial 0xEDB88320 (RFC 1662's FCS-32). The register starts at all ones; the FCS is
// its complement, sent least significant byte first. After a frame and its own FCS the register
// holds 0xDEBB20E3.
//
// The function is linear: bit i of (crc ^ data) contributes a constant, shifted(1 << i), so every
// bit of next is one exclusive or of a few inputs instead of eight steps in a row.

`default_nettype none

module crc32_byte (
    input  wire [31:0] crc,
    input  wire [ 7:0] data,
    output wire [31:0] next
);
    // What is left of a register that held only this byte, eight bits later.
    function [31:0] shifted(input [7:0] low);
        integer i;
        begin
            shifted = {24'd0, low};
            for (i = 0; i < 8; i = i + 1)
                shifted = {1'b0, shifted[31:1]} ^ (shifted[0] ? 32'hEDB88320 : 32'd0);
        end
    endfunction

    // Which bits of (crc ^ data) take part in bit j of next.
    function [7:0] members(input [4:0] j);
        integer i;
        reg [31:0] part;
        begin
            for (i = 0; i < 8; i = i + 1) begin
                part = shifted(8'd1 << i);
                members[i] = part[j];
            end
        end
    endfunction

    wire [ 7:0] low = crc[7:0] ^ data;
    wire [31:0] high = {8'd0, crc[31:8]};

    genvar j;
    generate
        for (j = 0; j < 32; j = j + 1) begin : bits
            localparam [4:0] BIT = j;
            localparam [7:0] MEMBERS = members(BIT);
            assign next[j] = high[j] ^ (^(low & MEMBERS));
        end
    endgenerate
endmodule

`default_nettype wire
